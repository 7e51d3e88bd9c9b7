import BerthHTTP
import BerthLoop
import BerthText
import Glibc

/// Reads lines of standard input on a thread of its own, because reading blocks.
@Loop final class TerminalInput {
    private let worker = Worker(name: "terminal")
    private let arrived = Wakeup()
    private var lines: [String] = []
    private var isReading = false
    private var hasEnded = false

    /// The next line without its newline, or nil at the end of the input.
    func line(prompt: String) async -> String? {
        Output.text(prompt)
        while lines.isEmpty, !hasEnded {
            read()
            do { try await arrived.wait() } catch { return nil }
        }
        return lines.isEmpty ? nil : lines.removeFirst()
    }

    /// Ends the input.
    ///
    /// A blocked read ends with the process.
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
