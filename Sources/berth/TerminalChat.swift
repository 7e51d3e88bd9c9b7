import BerthHTTP
import BerthLoop
import BerthText
import Glibc

/// The dialogue: a line is read, its answer is shown as it comes.
@Loop final class TerminalChat {
    private let service: ChatService
    private let session: String
    private let input = TerminalInput()
    private let isInteractive = isatty(STDIN_FILENO) != 0
    private let isTerminal = isatty(STDOUT_FILENO) != 0
    private var turn: String?
    /// Whether the cursor's line shows a place in the queue, to be overwritten.
    private var showsPlace = false
    private var isLeaving = false
    private let stops = TaskPool()

    init(_ service: ChatService, model: String?) async throws {
        self.service = service
        session = try await service.begin(model: model)
    }

    /// Runs to the end of the input.
    ///
    /// - Returns: the exit status: 1 when the last message had no whole answer.
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

    /// Ctrl-C: ends the answer that is being written, or the conversation.
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

    /// - Returns: whether the answer is whole.
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

    /// On a terminal without control characters: a model's words may not move its cursor, change
    /// its title or type into it.
    private func shown(_ text: String) -> String {
        guard isTerminal else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.filter(\.isHarmless)))
    }

    /// Shows an event; nil while more may come.
    private func show(_ event: SSEEvent) -> Bool? {
        guard let data = try? JSONObject(event.data) else { return nil }
        if event.event == "place" {
            if isTerminal { show(place: data) }
            return nil
        }
        if event.event != "turn" { clearPlace() }
        switch event.event {
        case "turn": turn = data.string("id")
        case "delta": Output.text(shown(data.string("text") ?? ""))
        case "done":
            Output.text("\n")
            if let error = data.string("error") { Output.error("berth: \(shown(error))") }
            if data.string("state") == "stopped" { Output.error("(stopped)") }
            return data.string("state") == "done"
        default: break
        }
        return nil
    }

    /// How it waits, on one line that the next such line and then the answer overwrite.
    private func show(place data: JSONObject) {
        clearPlace()
        let words = TerminalChat.words(ahead: data.integer("ahead"), wait: data.integer("wait_ms"))
        Output.text(data.string("why").map(shown) ?? words)
        showsPlace = true
    }

    private func clearPlace() {
        // To the line's start, and everything after it away.
        if showsPlace { Output.text("\r\u{1B}[K") }
        showsPlace = false
    }

    /// A place in the queue, short enough for one line; `wait` in milliseconds.
    static nonisolated func words(ahead: Int?, wait: Int?) -> String {
        let ahead = ahead ?? 0
        let seconds = (min(max(0, wait ?? 0), 1 << 40) + 999) / 1000
        let time = seconds > 0 ? ", about \(seconds) s" : ""
        return (ahead > 0 ? "\(ahead) before you" : "you are next") + time
    }
}

extension Unicode.Scalar {
    /// Not one of C0, C1 and DEL, but for a new line and a tab.
    fileprivate var isHarmless: Bool {
        properties.generalCategory != .control || self == "\n" || self == "\t"
    }
}

/// Lines of standard input, read on a thread of their own: reading blocks.
@Loop final class TerminalInput {
    private let worker = Worker(name: "terminal")
    private let arrived = Wakeup()
    private var lines: [String] = []
    private var isReading = false
    private var hasEnded = false

    /// The next line without its newline; nil at the end.
    func line(prompt: String) async -> String? {
        Output.text(prompt)
        while lines.isEmpty, !hasEnded {
            read()
            do { try await arrived.wait() } catch { return nil }
        }
        return lines.isEmpty ? nil : lines.removeFirst()
    }

    /// Ends the input; a read that blocks ends with the process.
    func end() {
        hasEnded = true
        arrived.signal()
    }

    private func read() {
        guard !isReading else { return }
        isReading = true
        worker.post {
            let line = readLine(strippingNewline: true)
            Loop.post { self.take(line) }
        }
    }

    private func take(_ line: String?) {
        isReading = false
        if let line { lines.append(line) } else { hasEnded = true }
        arrived.signal()
    }
}
