import BerthLoop
import BerthTelemetry
import CLinux
import Glibc

/// A process of this very program, started to be used for a while; it ends with its owner, and with
/// this process however that ends.
@Loop final class Child {
    /// Why a child is of no use.
    enum Failure: Error, CustomStringConvertible {
        case notStarted(String, SystemError)
        case ended(String, lastLines: String)
        case silent(String, after: Duration, lastLines: String)

        var description: String {
            switch self {
            case .notStarted(let name, let error): "'\(name)' cannot be started: \(error)"
            case .ended(let name, let lines): "'\(name)' has ended by itself; it said:\n\(lines)"
            case .silent(let name, let after, let lines):
                "'\(name)' was not ready within \(Int(after.seconds)) s; it said:\n\(lines)"
            }
        }
    }

    /// The verb that it runs.
    let name: String
    /// Its process.
    let process: pid_t
    /// Whether it has closed its output, which it does when it ends.
    private(set) var hasEnded = false
    /// Whether it was asked to end.
    private var isStopping = false
    /// The last that it printed.
    private var output: [UInt8] = []
    private let pipe: Int32
    private var watch: Watch?
    private let bell = Wakeup()
    private let surroundings: Surroundings
    private let whenEnded: @Loop (Child) -> Void

    /// So much of its output is kept, in bytes.
    private static nonisolated let mostOutput = 16 << 10
    /// Longer than a service takes to end in good order.
    private static nonisolated let patience = Duration.seconds(30)

    /// Starts `berth` with `words`; `whenEnded` is called when it has ended unasked.
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

    /// - Returns: the process, or a negative errno.
    private static func spawn(_ words: [String], output: Int32) -> Int32 {
        var arguments = unsafe words.map { unsafe strdup($0) }
        defer { for index in unsafe arguments.indices { unsafe free(arguments[index]) } }
        unsafe arguments.append(nil)
        return unsafe berth_spawn("/proc/self/exe", arguments, output)
    }

    /// Waits until `find` finds something in a line of its output.
    ///
    /// - Throws: ``Failure`` when it ends before, or after 30 s; `CancellationError`.
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

    /// What it printed last: ten lines at most.
    var lastLines: String { lines.suffix(10).joined(separator: "\n") }

    /// Ends it with SIGTERM, or with SIGKILL where that does not help within 30 s.
    func stop() async {
        // A task of its own, because one that was cancelled could not wait.
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
        // It has closed its files, so that there is next to nothing left to wait for.
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
