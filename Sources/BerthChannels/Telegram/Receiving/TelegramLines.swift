import BerthLoop
import BerthStore

/// The work of a bot in lines: that of one place is done in order, that of several at once.
///
/// The next message of a place is taken when the one before it is answered.
@Loop final class TelegramLines {
    /// The name of a line.
    enum Key: Hashable, Sendable {
        /// The messages of a place.
        case place(TelegramPlace)
        /// The presses and stops of a person, which do not wait for an answer.
        case person(Int)
    }

    private struct Line {
        var waiting: [TelegramJob] = []
        var dropped = 0
        var author: TelegramUser?
    }

    private var lines: [Key: Line] = [:]
    private let pool = TaskPool()
    private let work: @Loop @Sendable (TelegramJob) async -> Void
    private var bells: [Wakeup] = []
    /// The jobs that wait or are done.
    private(set) var count = 0
    /// The bytes of their updates.
    private(set) var bytes = 0

    /// The most jobs that wait in a line, beyond which messages are left out.
    static nonisolated let mostInLine = 16
    /// The jobs of a bot beyond which no more updates are asked for.
    static nonisolated let most = 512
    /// The bytes of their updates beyond which no more updates are asked for.
    static nonisolated let mostBytes = 2 << 20

    /// Makes lines whose jobs `work` does.
    init(_ work: @escaping @Loop @Sendable (TelegramJob) async -> Void) { self.work = work }

    /// Whether more updates are taken.
    var hasRoom: Bool { count < Self.most && bytes < Self.mostBytes }

    /// Returns when there is room, or when the caller is cancelled.
    func whenRoom() async {
        while !hasRoom, !Task.isCancelled {
            let bell = Wakeup()
            bells.append(bell)
            do { try await bell.wait() } catch { return }
        }
    }

    /// Adds a job at the end of a line.
    ///
    /// - Returns: whether it was taken. A message that finds too many before it is left out, and its
    ///   author is told once, when the line is empty.
    func add(_ job: TelegramJob, to key: Key) -> Bool {
        var line = lines[key] ?? Line()
        let isNew = lines[key] == nil
        if line.waiting.count >= Self.mostInLine {
            if let author = job.author {
                line.author = author
                line.dropped += 1
            }
            lines[key] = line
            return false
        }
        line.waiting.append(job)
        lines[key] = line
        count += 1
        bytes += job.bytes
        if isNew { pool.spawn { await self.serve(key) } }
        return true
    }

    private func serve(_ key: Key) async {
        while let job = next(of: key), !Task.isCancelled {
            await work(job)
            count -= 1
            bytes -= job.bytes
            for bell in bells { bell.signal() }
            bells = []
        }
        lines[key] = nil
    }

    /// The next job of a line, or nil if it is empty.
    private func next(of key: Key) -> TelegramJob? {
        guard var line = lines[key] else { return nil }
        defer { lines[key] = line }
        if !line.waiting.isEmpty { return line.waiting.removeFirst() }
        guard line.dropped > 0, let author = line.author, case .place(let place) = key else {
            return nil
        }
        let work = TelegramJob.Work.tooMany(line.dropped, for: author, at: place)
        let job = TelegramJob(work: work, updates: [])
        line.dropped = 0
        count += 1
        return job
    }

    /// Returns when all jobs under way have ended, which are cancelled after `grace`.
    func finish(within grace: Duration, by clock: any Clock) async {
        let timer = clock.schedule(after: grace) { [pool] in pool.cancelAll() }
        defer { timer.cancel() }
        await pool.drain()
    }

    /// Ends all jobs.
    func cancel() { pool.cancelAll() }
}
