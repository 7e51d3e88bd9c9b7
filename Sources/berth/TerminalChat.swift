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
    private let input: TerminalInput
    private let isInteractive = isatty(STDIN_FILENO) != 0
    private let isTerminal = Output.Place.standardOutput.isTerminal
    private var turn: String?
    /// Whether an answer is under way, which may have no turn yet.
    private var isAnswering = false
    private var isStopped = false
    /// The lines of the answer under way on a terminal.
    private var markdown: TerminalMarkdown?
    /// The words of the cursor's line, which the next output overwrites.
    private var status = ""
    private var isLeaving = false
    private let stops = TaskPool()

    private var prompt: String { isInteractive ? "> " : "" }

    init(_ service: ChatService, model: String?) async throws {
        self.service = service
        let hasEditor =
            isInteractive && isTerminal && TerminalLook.hasCursor(Environment.value)
        input = TerminalInput(
            isEdited: hasEditor,
            history: TerminalHistory(environment: Environment.value)
        )
        session = try await service.begin(model: model)
    }

    /// Runs to the end of the input.
    ///
    /// - Returns: the exit status, which is 1 if the last message had no complete answer.
    func run() async -> Int32 {
        var status: Int32 = 0
        if isInteractive { Output.text("/help shows the commands, Ctrl-D leaves.\n") }
        while !isLeaving, let line = await input.line(prompt: prompt) {
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

    /// Handles Ctrl-C: stops the answer under way.
    ///
    /// At the prompt a new line begins. In a pipe, and for any other signal, the conversation ends.
    func interrupt(by signal: Int32) {
        if isAnswering {
            isStopped = true
            isLeaving = isLeaving || signal != SIGINT
            if let turn { stop(turn) }
        } else if isInteractive, signal == SIGINT {
            input.interrupt(prompt: prompt)
        } else {
            isLeaving = true
            input.end()
        }
    }

    private func stop(_ turn: String) {
        stops.spawn {
            do { try await self.service.stop(turn) } catch { Output.error("berth: \(error)") }
        }
    }

    /// - Returns: whether the answer is complete.
    private func answer(_ text: String) async throws -> Bool {
        (isAnswering, isStopped) = (true, false)
        defer {
            show("")
            (turn, isAnswering, markdown) = (nil, false, nil)
        }
        if isTerminal {
            let look = TerminalLook(environment: Environment.value)
            markdown = TerminalMarkdown(columns: Output.Place.standardOutput.columns, look: look)
        }
        show("waiting for the answer")
        let response = try await service.ask(text, in: session)
        return try await service.read(response) { show($0, $1) }
    }

    /// Shows an event.
    ///
    /// - Returns: whether the answer is complete, or nil if more events may follow.
    private func show(_ event: String?, _ data: JSONObject) -> Bool? {
        switch event {
        case "place":
            let words = TerminalChat.words(
                ahead: data.integer("ahead"),
                wait: data.integer("wait_ms")
            )
            show(data.string("why") ?? words)
        case "progress": show(data.string("text") ?? "")
        case "turn":
            turn = data.string("id")
            if let notice = data.string("notice") {
                show("")
                Output.error("(\(notice))")
            }
            if isStopped, let turn { stop(turn) }
        case "delta": add(data.string("text") ?? "")
        case "done":
            end()
            for range in data.elements("sources") ?? [] {
                guard let source = data.object(at: range), let url = source.string("url") else {
                    continue
                }
                Output.text(HarmlessText.line("[\(source.string("title") ?? "")] \(url)") + "\n")
            }
            for remark in TerminalChat.remarks(on: data) { Output.error(remark) }
            return data.string("state") == "done"
        default: break
        }
        return nil
    }

    /// Shows more of the answer: whole blocks on a terminal, and the text as it comes elsewhere.
    private func add(_ text: String) {
        guard markdown != nil else { return Output.answer(text) }
        markdown?.resize(columns: Output.Place.standardOutput.columns)
        let lines = markdown?.push(text) ?? ""
        if !lines.isEmpty {
            show("")
            Output.rendered(lines)
        }
        show("writing")
    }

    private func end() {
        show("")
        if let lines = markdown?.finish() { Output.rendered(lines) } else { Output.text("\n") }
    }

    /// Shows words on the terminal's line, which the next output overwrites; "" clears it.
    private func show(_ words: String) {
        guard isTerminal, words != status else { return }
        Output.status(words)
        status = words
    }

    /// The lines below an answer, by its event `done`.
    static nonisolated func remarks(on end: JSONObject) -> [String] {
        var remarks: [String] = []
        if let error = end.string("error") { remarks.append("berth: \(error)") }
        if end.string("state") == "stopped" { remarks.append("(stopped)") }
        if let note = end.string("note") { remarks.append("(\(note))") }
        if end.boolean("cached") == true { remarks.append("(from the cache)") }
        return remarks
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
