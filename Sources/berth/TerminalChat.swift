import BerthHTTP
import BerthLoop
import BerthText
import Glibc

/// The dialogue in the terminal.
///
/// It reads a line, then shows the answer as it arrives.
@Loop final class TerminalChat {
    private let service: ChatService
    private let session: String
    private let input = TerminalInput()
    private let isInteractive = isatty(STDIN_FILENO) != 0
    private let isTerminal = Output.Place.standardOutput.isTerminal
    private var turn: String?
    /// Whether the cursor's line shows a queue position, which the next output overwrites.
    private var showsPlace = false
    private var isLeaving = false
    private let stops = TaskPool()

    init(_ service: ChatService, model: String?) async throws {
        self.service = service
        session = try await service.begin(model: model)
    }

    /// Runs to the end of the input.
    ///
    /// - Returns: the exit status, which is 1 if the last message had no complete answer.
    func run() async -> Int32 {
        var status: Int32 = 0
        if isInteractive { Output.text("/help shows the commands, Ctrl-D leaves.\n") }
        while !isLeaving, let line = await input.line(prompt: isInteractive ? "> " : "") {
            let text = line.drop { $0.isWhitespace }
            if text == "/exit" || text == "/quit" { break }
            guard !text.isEmpty else { continue }
            do {
                status = try await answer(line) ? 0 : 1
            } catch {
                Output.error("berth: \(error)")
                status = 1
            }
        }
        if isInteractive { Output.text("\n") }
        await stops.drain()
        return status
    }

    /// Handles Ctrl-C: stops the answer under way, or ends the conversation if there is none.
    func interrupt() {
        guard let turn else {
            isLeaving = true
            input.end()
            return
        }
        stops.spawn {
            do { try await self.service.stop(turn) } catch { Output.error("berth: \(error)") }
        }
    }

    /// - Returns: whether the answer is complete.
    private func answer(_ text: String) async throws -> Bool {
        let response = try await service.ask(text, in: session)
        defer { turn = nil }
        var parser = SSEParser()
        while let piece = try await response.next() {
            for event in try parser.feed(piece) {
                if let isWhole = show(event) { return isWhole }
            }
        }
        throw ChatService.Failure(description: "the connection ended before the answer did")
    }

    /// Shows an event.
    ///
    /// - Returns: whether the answer is complete, or nil if more events may follow.
    private func show(_ event: SSEEvent) -> Bool? {
        guard let data = try? JSONObject(event.data) else { return nil }
        if event.event == "place" {
            if isTerminal { show(place: data) }
            return nil
        }
        if event.event == "progress" {
            if isTerminal { show(progress: data) }
            return nil
        }
        if event.event != "turn" { clearPlace() }
        switch event.event {
        case "turn": turn = data.string("id")
        case "delta": Output.answer(data.string("text") ?? "")
        case "done":
            Output.text("\n")
            if let error = data.string("error") { Output.error("berth: \(error)") }
            if data.string("state") == "stopped" { Output.error("(stopped)") }
            for range in data.elements("sources") ?? [] {
                guard let source = data.object(at: range), let url = source.string("url") else {
                    continue
                }
                Output.text(HarmlessText.line("[\(source.string("title") ?? "")] \(url)") + "\n")
            }
            if let note = data.string("note") { Output.error("(\(note))") }
            return data.string("state") == "done"
        default: break
        }
        return nil
    }

    /// Shows the queue position on one line, which the next position or the answer overwrites.
    private func show(place data: JSONObject) {
        let words = TerminalChat.words(ahead: data.integer("ahead"), wait: data.integer("wait_ms"))
        Output.status(data.string("why") ?? words)
        showsPlace = true
    }

    /// Shows the progress of pictures on the same line.
    private func show(progress data: JSONObject) {
        Output.status(data.string("text") ?? "")
        showsPlace = true
    }

    private func clearPlace() {
        if showsPlace { Output.status("") }
        showsPlace = false
    }

    /// A queue position in words, short enough for one line.
    ///
    /// `wait` is in milliseconds.
    static nonisolated func words(ahead: Int?, wait: Int?) -> String {
        let ahead = ahead ?? 0
        let seconds = (min(max(0, wait ?? 0), 1 << 40) + 999) / 1000
        let time = seconds > 0 ? ", about \(seconds) s" : ""
        return (ahead > 0 ? "\(ahead) before you" : "you are next") + time
    }
}
