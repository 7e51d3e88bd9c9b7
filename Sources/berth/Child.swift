import BerthLoop
import BerthTelemetry
import CLinux
import Glibc

/// A child process of the same program.
///
/// It ends when its owner stops it, or when this process ends for any reason.
@Loop final class Child {
    /// The reason why a child cannot be used.
    enum Failure: Error, CustomStringConvertible {
        case notStarted(String, SystemError)
        case ended(String, lastLines: String)
        case silent(String, after: Duration, lastLines: String)

        var description: String {
            switch self {
            case .notStarted(let name, let error): "'\(name)' cannot be started: \(error)"
            case .ended(let name, let lines):
                "'\(name)' ended by itself. Its last output:\n\(lines)"
            case .silent(let name, let after, let lines):
                "'\(name)' was not ready within \(Int(after.seconds)) s. Its last output:\n\(lines)"
            }
        }
    }

    /// The verb that the process runs.
    let name: String
    /// The process id.
    let process: pid_t
    /// Whether the process has closed its output, as it does when it ends.
    private(set) var hasEnded = false
    /// Whether ``stop()`` was called.
    private var isStopping = false
    /// The end of the process's output.
    private var output: [UInt8] = []
    private let pipe: Int32
    private var watch: Watch?
    private let bell = Wakeup()
    private let surroundings: Surroundings
    private let whenEnded: @Loop (Child) -> Void

    /// The largest amount of output that is kept, in bytes.
    private static nonisolated let mostOutput = 16 << 10
    /// The longest wait for readiness and for the end.
    ///
    /// A service needs less to stop.
    private static nonisolated let patience = Duration.seconds(30)

    /// Starts `berth` with `words`.
    ///
    /// `whenEnded` is called if the process ends by itself.
    init(
        _ words: [String],
        in surroundings: Surroundings,
        whenEnded: @escaping @Loop (Child) -> Void
    ) throws {
        name = "berth " + words.prefix { !$0.hasPrefix("-") }.joined(separator: " ")
        self.surroundings = surroundings
        self.whenEnded = whenEnded
        var ends: [Int32] = [-1, -1]
        guard unsafe berth_pipe(&ends) == 0 else {
            throw Failure.notStarted(name, SystemError("pipe"))
        }
        let started = Child.spawn(["berth"] + words, output: ends[1])
        close(ends[1])
        guard started > 0 else {
            close(ends[0])
            throw Failure.notStarted(name, SystemError("exec", code: -started))
        }
        (process, pipe) = (started, ends[0])
        watch = try Watch(pipe, for: .readable) { [weak self] _ in self?.read() }
    }

    /// - Returns: the process id, or a negative errno.
    private static func spawn(_ words: [String], output: Int32) -> Int32 {
        var arguments = unsafe words.map { unsafe strdup($0) }
        defer { for index in unsafe arguments.indices { unsafe free(arguments[index]) } }
        unsafe arguments.append(nil)
        return unsafe berth_spawn("/proc/self/exe", arguments, output)
    }

    /// Waits until `find` returns a value for a line of the output.
    ///
    /// - Throws: ``Failure`` if the process ends before that or 30 s pass; `CancellationError`.
    func line<Value>(_ find: (Substring) -> Value?) async throws -> Value {
        var isLate = false
        let timer = surroundings.clock.schedule(after: Child.patience) { [bell] in
            isLate = true
            bell.signal()
        }
        defer { timer.cancel() }
        while true {
            for line in lines { if let value = find(line) { return value } }
            if hasEnded { throw Failure.ended(name, lastLines: lastLines) }
            if isLate {
                throw Failure.silent(name, after: Child.patience, lastLines: lastLines)
            }
            try await bell.wait()
        }
    }

    private var lines: [Substring] {
        String(decoding: output, as: UTF8.self).split(separator: "\n")
    }

    /// The last lines of the output, at most ten.
    var lastLines: String { lines.suffix(10).joined(separator: "\n") }

    /// Ends the process with SIGTERM, or with SIGKILL if it still runs after 30 s.
    func stop() async {
        // The wait needs a new task, because the caller's task may be cancelled.
        await Loop.spawn { await self.endProcess() }.value
    }

    private func endProcess() async {
        isStopping = true
        kill(process, SIGTERM)
        var isLate = false
        let timer = surroundings.clock.schedule(after: Child.patience) { [bell] in
            isLate = true
            bell.signal()
        }
        while !hasEnded, !isLate { try? await bell.wait() }
        timer.cancel()
        if !hasEnded { kill(process, SIGKILL) }
        end()
        // The process has closed its files, so this wait is short.
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    }

    private func read() {
        var piece = [UInt8](repeating: 0, count: 4096)
        let count = unsafe Glibc.read(pipe, &piece, piece.count)
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        if count > 0 {
            output += piece[..<count]
            output.removeFirst(max(0, output.count - Child.mostOutput))
        } else {
            end()
            if !isStopping { whenEnded(self) }
        }
        bell.signal()
    }

    private func end() {
        guard let watch else { return }
        watch.cancel()
        self.watch = nil
        close(pipe)
        hasEnded = true
    }
}
