import BerthHTTP
import BerthLoop
import BerthMemory
import BerthText
import Glibc

/// Runs `berth ask`: one question, with standard input as its context, and one answer.
@Loop final class AskVerb {
    private let service: ChatService
    private let json: Bool
    private let stops = TaskPool()
    private let showsStatus = Output.Place.standardError.isTerminal
    private var turn: String?
    private var isStopped = false
    private var isReading = true
    private var text = ""
    private var hasStatus = false

    /// The most bytes of standard input.
    static nonisolated let mostInput = 256 << 10

    private init(_ service: ChatService, json: Bool) {
        (self.service, self.json) = (service, json)
    }

    /// Asks, and prints the answer.
    ///
    /// - Returns: the exit status, which is 1 if there is no complete answer.
    static func run(
        _ choices: ChatChoices,
        _ question: String,
        file: String?,
        json: Bool
    ) async throws -> Int32 {
        let verb = AskVerb(try ChatService(choices, file: file), json: json)
        let signals = try Signals.watch { _ in verb.stop() }
        defer { signals.cancel() }
        let context = try await TerminalInput.rest(atMost: mostInput)
        verb.isReading = false
        let message = context.isEmpty ? question : "\(question)\n\n\(context)"
        let status = try await verb.ask(message, choices.model)
        await verb.stops.drain()
        return status
    }

    private func ask(_ message: String, _ model: String?) async throws -> Int32 {
        status("waiting for the answer")
        defer { clearStatus() }
        let session = try await service.begin(model: model)
        let response = try await service.ask(message, in: session)
        let isWhole = try await service.read(response) { show($0, $1) }
        return isWhole ? 0 : 1
    }

    /// Stops the answer, as soon as it has begun.
    ///
    /// A blocked read of standard input ends with the process.
    private func stop() {
        if isReading { exit(1) }
        isStopped = true
        guard let turn else { return }
        stops.spawn { [service] in
            do { try await service.stop(turn) } catch { Output.error("berth: \(error)") }
        }
    }

    /// Shows an event.
    ///
    /// - Returns: whether the answer is complete, or nil if more events may follow.
    private func show(_ event: String?, _ data: JSONObject) -> Bool? {
        switch event {
        case "turn":
            turn = data.string("id")
            if isStopped { stop() }
        case "place":
            let words = TerminalChat.words(
                ahead: data.integer("ahead"),
                wait: data.integer("wait_ms")
            )
            status(data.string("why") ?? words)
        case "progress": status(data.string("text") ?? "")
        case "delta":
            clearStatus()
            let piece = data.string("text") ?? ""
            text += piece
            if !json { Output.answer(piece) }
        case "done":
            clearStatus()
            end(data)
            return data.string("state") == "done"
        default: break
        }
        return nil
    }

    private func end(_ data: JSONObject) {
        guard !json else {
            return Output.json(data.setting(["answer": JSON.quote(text)]))
        }
        if !text.isEmpty, text.utf8.last != UInt8(ascii: "\n") { Output.text("\n") }
        for remark in TerminalChat.remarks(on: data) { Output.error(remark) }
    }

    // MARK: Status

    private func status(_ words: String) {
        guard showsStatus else { return }
        Output.status(words, on: .standardError)
        hasStatus = true
    }

    private func clearStatus() {
        if hasStatus { Output.status("", on: .standardError) }
        hasStatus = false
    }
}
