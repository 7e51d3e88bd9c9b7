import BerthHTTP
import BerthLoop
import BerthMemory
import BerthText
import Glibc

/// Reads lines of standard input on a thread of its own, because reading blocks.
///
/// On a terminal they are edited by ``TerminalEditor``, if there is one.
@Loop final class TerminalInput {
    private let worker = Worker(name: "terminal")
    private let history: TerminalHistory?
    private var editor: EditorState
    private let arrived = Wakeup()
    private var lines: [String] = []
    private var isReading = false
    private var hasEnded = false

    private enum EditorState {
        case none
        case wanted
        case open
    }

    /// Prepares reading, with an editor and the history of former conversations if `isEdited`.
    init(isEdited: Bool, history: TerminalHistory?) {
        self.history = history
        editor = isEdited ? .wanted : .none
    }

    /// The next line without its newline, or nil at the end of the input.
    ///
    /// A text that was pasted into an editor may have several lines.
    func line(prompt: String) async -> String? {
        if editor == .wanted { await openEditor() }
        return editor == .open ? await editedLine(prompt) : await plainLine(prompt)
    }

    private func openEditor() async {
        let isOpen = await worker.run { [history] in
            guard TerminalEditor.open() else { return false }
            for message in history?.messages() ?? [] { TerminalEditor.add(message) }
            return true
        }
        editor = isOpen ? .open : .none
    }

    private func editedLine(_ prompt: String) async -> String? {
        while !hasEnded {
            let line = await worker.run { [history] in
                let line = TerminalEditor.line(prompt: prompt)
                if case .text(let text) = line, !text.allSatisfy(\.isWhitespace) {
                    TerminalEditor.add(text)
                    history?.add(text)
                }
                return line
            }
            switch line {
            case .text(let text): return text
            case .end: hasEnded = true
            case .interrupted where hasEnded: break
            case .interrupted: Output.text("(Ctrl-D leaves)\n")
            }
        }
        return nil
    }

    private func plainLine(_ prompt: String) async -> String? {
        Output.text(prompt)
        while lines.isEmpty, !hasEnded {
            read()
            do { try await arrived.wait() } catch { return nil }
        }
        return lines.isEmpty ? nil : lines.removeFirst()
    }

    /// All of standard input as text; empty if it is a terminal.
    ///
    /// - Throws: ``ChatService/Failure`` if it is longer or is no text.
    static func rest(atMost most: Int) async throws -> String {
        guard isatty(STDIN_FILENO) == 0 else { return "" }
        let bytes = await Worker(name: "terminal").run { standardInput(upTo: most + 1) }
        guard bytes.count <= most else {
            throw ChatService.Failure(
                description: "standard input has more than \(ByteCount(most))"
            )
        }
        guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else {
            throw ChatService.Failure(description: "standard input is no text in UTF-8")
        }
        return text
    }

    private nonisolated static func standardInput(upTo most: Int) -> [UInt8] {
        var (all, piece) = ([UInt8](), [UInt8](repeating: 0, count: 16 << 10))
        while all.count < most {
            let count = unsafe piece.withUnsafeMutableBytes {
                unsafe Glibc.read(STDIN_FILENO, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            all += piece[..<count]
        }
        return all
    }

    /// Drops the line that is being typed, and begins a new one.
    ///
    /// Without an editor the terminal has dropped it.
    func interrupt(prompt: String) {
        if editor == .open {
            TerminalEditor.interrupt()
        } else {
            Output.text("\n(Ctrl-D leaves)\n" + prompt)
        }
    }

    /// Ends the input.
    ///
    /// A blocked read without an editor ends with the process.
    func end() {
        hasEnded = true
        arrived.signal()
        if editor == .open { TerminalEditor.interrupt() }
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
