package import BerthHTTP
import BerthText

/// What became of a question.
package enum Verdict: Equatable, Sendable {
    /// A whole answer.
    case answered
    /// An error that says why, under a code as `429 queue_full`.
    case refused(code: String)
    /// Neither.
    case lost(Loss)

    /// How a question was lost.
    package enum Loss: String, CaseIterable, Sendable {
        /// Nobody took the connection, or not a byte of an answer came.
        case unanswered
        /// The answer broke off.
        case cut
        /// The answer ended well and said nothing.
        case empty
        /// An error without a word of why.
        case wordless
        /// It was still under way long after the simulation's end.
        case unfinished
    }

    /// Of an answer with another status than was hoped for.
    package init(status: Int, body: [UInt8]) {
        let error = (try? JSONObject(body))?.object("error")
        self = Verdict(error: error, prefix: "\(status)")
    }

    /// Of an exchange that failed.
    package init(_ error: HTTPClientError) {
        if case .cancelled = error {
            self = .lost(.unfinished)
        } else {
            self = .lost(error.isBeforeFirstByte ? .unanswered : .cut)
        }
    }

    /// Of an error in OpenAI's shape.
    fileprivate init(error: JSONObject?, prefix: String) {
        guard let message = error?.string("message"), !message.isEmpty else {
            self = .lost(.wordless)
            return
        }
        let code = error?.string("code") ?? error?.string("type")
        self = .refused(code: [prefix, code].compactMap(\.self).joined(separator: " "))
    }
}

/// Reads the events of an answer up to its verdict.
struct AnswerReading: Sendable {
    /// Whether some text has come.
    private(set) var hasText = false
    /// nil until it has ended.
    private(set) var verdict: Verdict?
    private let door: Persona.Door

    /// Makes a reading at the start of an answer.
    init(_ door: Persona.Door) { self.door = door }

    /// Takes the next event; what follows the verdict changes nothing.
    mutating func take(_ event: SSEEvent) {
        guard verdict == nil else { return }
        if door == .api, event.data.elementsEqual("[DONE]".utf8) { return finish() }
        guard let data = try? JSONObject(event.data) else { return }
        switch door {
        case .api: take(chunk: data)
        case .web: take(data, of: event.event)
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
