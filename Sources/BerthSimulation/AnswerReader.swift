import BerthHTTP
import BerthText

/// Parser of an answer's events, which determines the verdict.
struct AnswerReader: Sendable {
    /// Whether any text has been received.
    private(set) var hasText = false
    /// The verdict; nil until the answer has ended.
    private(set) var verdict: Verdict?
    private let interface: Persona.Interface

    /// Makes a reader of one answer.
    init(_ interface: Persona.Interface) { self.interface = interface }

    /// Reads the next event.
    ///
    /// Events after the verdict are ignored.
    mutating func take(_ event: SSEEvent) {
        guard verdict == nil else { return }
        if interface == .api, event.data.elementsEqual("[DONE]".utf8) { return finish() }
        guard let data = try? JSONObject(event.data) else { return }
        switch interface {
        case .api: take(chunk: data)
        case .web, .telegram: take(data, of: event.event)
        }
    }

    private mutating func finish() { verdict = hasText ? .answered : .lost(.empty) }

    private mutating func take(chunk: JSONObject) {
        if chunk.has("error") {
            verdict = Verdict(error: chunk.object("error"), prefix: "stream")
            return
        }
        let choice = chunk.elements("choices")?.first.flatMap { chunk.object(at: $0) }
        hear(choice?.object("delta")?.string("content"))
    }

    private mutating func take(_ data: JSONObject, of name: String?) {
        switch name {
        case "delta": hear(data.string("text"))
        case "done":
            let state = data.string("state") ?? ""
            guard state != "done" else { return finish() }
            let words = data.string("error") ?? ""
            verdict = words.isEmpty ? .lost(.wordless) : .refused(code: "turn \(state)")
        default: break
        }
    }

    private mutating func hear(_ text: String?) {
        if let text, !text.isEmpty { hasText = true }
    }
}
