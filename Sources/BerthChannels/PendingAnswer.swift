import BerthLoop
import BerthProviders
import BerthWork

/// An answer that is awaited in a task of its own, so that its client can be served meanwhile.
@Loop final class PendingAnswer<Answer: Sendable> {
    private var result: Result<Answer, BotError>?
    private var isLate = false
    private let bell = Wakeup()
    private var task: Task<Void, Never>?

    /// Begins to await an answer in `pool`.
    init(
        in pool: TaskPool,
        _ ask: @escaping @Loop @Sendable () async throws(BotError) -> Answer
    ) {
        task = pool.begin { [weak self] in
            let result: Result<Answer, BotError>
            do throws(BotError) { result = .success(try await ask()) } catch {
                result = .failure(error)
            }
            // Without a reader the answer is released, which ends and settles it.
            self?.result = result
            self?.bell.signal()
        }
    }

    isolated deinit { task?.cancel() }

    /// Waits for the answer's beginning.
    ///
    /// - Returns: the answer, or nil if it has not begun within `patience`.
    /// - Throws: ``BotError`` if no answer begins, or the caller is cancelled.
    func begun(
        within patience: Duration,
        by clock: any Clock
    ) async throws(BotError) -> Answer? {
        let timer = clock.schedule(after: patience) { [weak self] in
            self?.isLate = true
            self?.bell.signal()
        }
        defer { timer.cancel() }
        while result == nil, !isLate { try await wait() }
        return try result?.get()
    }

    /// Waits for the answer's beginning without a limit.
    ///
    /// - Throws: ``BotError`` if no answer begins, or the caller is cancelled.
    func value() async throws(BotError) -> Answer {
        while true {
            if let result { return try result.get() }
            try await wait()
        }
    }

    private func wait() async throws(BotError) {
        do { try await bell.wait() } catch {
            task?.cancel()
            throw .provider(.cancelled)
        }
    }
}
