package import BerthLoop
package import BerthMemory
import Glibc
import Synchronization

/// Writes a log's lines from a bounded buffer, so that the loop never waits for their reader.
///
/// All lines of a turn of the loop are one write, at the end of the turn. Lines that do not fit into
/// the buffer are lost. A line says how many, as soon as the reader takes lines again.
package final class LogWriter: Sendable {
    /// The most bytes of lines that wait for their reader.
    package static let capacity = ByteCount.kibibytes(128)
    /// The pauses between two attempts while the reader stands still.
    ///
    /// Each is twice the one before.
    private static let pauses = (first: Duration.milliseconds(50), longest: Duration.seconds(1))
    /// The writes at the end of the process, and the longest wait for the reader before each.
    private static let lastAttempts = 4
    private static let patienceMs = Int32(1000)

    private let format: LogFormat
    private let clock: any Clock
    private let outlet: LogOutlet
    private let state: Mutex<State>

    private struct State: ~Copyable {
        var buffer: LogBuffer
        /// Lines lost since the last line that said so.
        var unsaid = 0
        /// Lines lost in all.
        var lost = 0
        /// Whether a write is to come, at the end of a turn or after a pause.
        var isScheduled = false
        /// The pause before the next attempt, or nil if the reader takes lines.
        var pause: Duration?
    }

    /// Makes a writer.
    ///
    /// - Parameters:
    ///   - descriptor: an open descriptor, which the writer does not close.
    ///   - format: the form of the line about lost lines.
    ///   - clock: the pauses between attempts, and the time of that line.
    package init(
        to descriptor: Int32 = STDERR_FILENO,
        format: LogFormat = .text,
        clock: any Clock = SystemClock()
    ) {
        self.format = format
        self.clock = clock
        outlet = LogOutlet(of: descriptor)
        state = Mutex(State(buffer: LogBuffer(LogWriter.capacity, for: outlet)))
    }

    deinit { outlet.close() }

    /// The lines that were lost.
    package var lost: Int { state.withLock { $0.lost } }

    /// Writes the waiting lines also if the process crashes, until ``finish()``.
    package func coverCrashes() {
        state.withLock { $0.buffer.coverCrashes(true) }
    }

    /// Takes a line without its newline, from any thread.
    func add(_ line: String) {
        let mustSchedule = state.withLock { state in
            if !state.buffer.hasRoom(for: line), state.pause == nil {
                // The turn has more lines than fit. Its reader may take them at once.
                write(&state)
            }
            add(line, to: &state)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if mustSchedule { Loop.postLast { self.write() } }
    }

    /// Writes what is left, and waits for its reader at most a few seconds.
    ///
    /// It is the last call, at an orderly end of the process.
    package func finish() {
        state.withLock { state in
            for _ in 0..<LogWriter.lastAttempts {
                write(&state)
                guard !state.buffer.isEmpty, outlet.waits(atMostMs: LogWriter.patienceMs) else {
                    break
                }
            }
            state.buffer.coverCrashes(false)
        }
    }

    /// Writes at the end of a turn or of a pause, and tries again later if the reader stands still.
    @Loop private func write() {
        let pause = state.withLock { state in
            write(&state)
            state.isScheduled = state.pause != nil
            return state.pause
        }
        if let pause { clock.schedule(after: pause) { [weak self] in self?.write() } }
    }

    /// Writes until the buffer is empty or the reader stands still.
    private func write(_ state: inout State) {
        var hasRoom = true
        while hasRoom {
            say(&state)
            guard !state.buffer.isEmpty else { break }
            hasRoom = state.buffer.write(to: outlet)
        }
        let longest = LogWriter.pauses.longest
        state.pause =
            hasRoom ? nil : state.pause.map { min($0 * 2, longest) } ?? LogWriter.pauses.first
    }

    /// Adds the line about lost lines if there are some and it fits.
    private func say(_ state: inout State) {
        guard state.unsaid > 0 else { return }
        let line = LogLine(
            time: clock.timestamp,
            level: .warning,
            message: "log lines were lost because nobody read them",
            fields: ["lines": .int(state.unsaid)]
        )
        if state.buffer.append(line.text(format)) { state.unsaid = 0 }
    }

    private func add(_ line: String, to state: inout State) {
        say(&state)
        // A line after a gap follows the line that tells of it.
        guard state.unsaid == 0, state.buffer.append(line) else {
            state.unsaid += 1
            state.lost += 1
            return
        }
    }
}
