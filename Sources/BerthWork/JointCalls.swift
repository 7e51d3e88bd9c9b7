import BerthCache
import BerthLoop
import BerthProviders

/// Calls under way by the names of their answers, each of which several callers wait for.
///
/// A call goes on while a caller waits, and is cancelled when none does. The caller that has begun it
/// pays for it. The callers are requests, whose number the connections bound.
@Loop final class JointCalls<Answer: Sendable> {
    /// Makes the call.
    typealias Work = @Loop @Sendable () async throws(BotError) -> Answer

    /// An answer, and the tenant whose call it is.
    struct Made {
        let answer: Answer
        let payer: LiveTenant
        /// Whether the caller's own call has made it.
        let isOwn: Bool
    }

    @Loop private final class Call {
        let payer: LiveTenant
        var end: Result<Answer, BotError>?
        var bells: [Wakeup] = []
        var task: Task<Void, Never>?

        init(of payer: LiveTenant) { self.payer = payer }
    }

    private let pool = TaskPool()
    private var calls: [CacheKey: Call] = [:]

    /// Waits for the call with that name, which `work` makes if there is none.
    ///
    /// - Returns: the answer. nil if another caller's call has failed for a reason that may be its own.
    /// - Throws: ``BotError``: the reason of the failure, or `ProviderError.cancelled` if the task is
    ///   cancelled.
    func answer(
        to name: CacheKey,
        of payer: LiveTenant,
        _ work: @escaping Work
    ) async throws(BotError) -> Made? {
        let known = calls[name]
        let call = known ?? begin(name, of: payer, work)
        let bell = Wakeup()
        call.bells.append(bell)
        while call.end == nil {
            do { try await bell.wait() } catch {
                call.bells.removeAll { $0 === bell }
                if call.bells.isEmpty, call.end == nil {
                    remove(call, name)
                    call.task?.cancel()
                    // The call is settled before its caller is told.
                    await call.task?.value
                }
                throw .provider(.cancelled)
            }
        }
        switch call.end {
        case .success(let answer):
            return Made(answer: answer, payer: call.payer, isOwn: known == nil)
        case .failure(let error) where known == nil: throw error
        case .failure(let error):
            guard !error.mayBeOfOnePayer, error.disposition.fault == .provider else { return nil }
            throw error.ofAnotherPayer
        case nil: throw .provider(.cancelled)
        }
    }

    private func begin(
        _ name: CacheKey,
        of payer: LiveTenant,
        _ work: @escaping Work
    ) -> Call {
        let call = Call(of: payer)
        calls[name] = call
        call.task = pool.spawn { [self] in
            do throws(BotError) { call.end = .success(try await work()) } catch {
                call.end = .failure(error)
            }
            // Nobody joins a call that has ended.
            remove(call, name)
            for bell in call.bells { bell.signal() }
            (call.bells, call.task) = ([], nil)
        }
        return call
    }

    private func remove(_ call: Call, _ name: CacheKey) {
        if calls[name] === call { calls[name] = nil }
    }

    /// Ends every call, and returns when all have ended.
    func close() async {
        pool.cancelAll()
        await pool.drain()
    }
}
