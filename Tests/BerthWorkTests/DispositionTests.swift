import BerthMemory
import BerthProviders
import BerthQueue
import BerthWork
import Testing

/// The consequences that no status shows.
@Suite struct DispositionTests {
    private static let closed = Closure(provider: "p", model: nil, reason: .failing)
    private static let short = BudgetError.exhausted(
        requested: .kibibytes(8),
        free: .zero,
        tenant: "ann",
        purpose: .replyBuffer
    )

    /// Errors, and the outcome of an API call that ends with each.
    private static let outcomes: [(BotError, String)] = [
        (.queue(.closed(closed, wait: .seconds(1))), "refused"),
        (.queue(.full(tenant: "ann", waiting: 1, limit: 1, wait: .zero)), "refused"),
        (.suspended, "refused"), (.memory(short), "refused"),
        (.provider(.memory(short)), "refused"),
        (.provider(.busy(reason: "r")), "refused"), (.stopping, "refused"),
        (.provider(.refused(provider: "p", status: 400, message: "m", code: nil)), "failed"),
        (.provider(.refused(provider: "p", status: 499, message: "m", code: nil)), "failed"),
        (.provider(.memoryMidway(short)), "failed"), (.provider(.cut(provider: "p")), "failed"),
        (.provider(.unreachable(provider: "p", reason: "r")), "failed"),
        (.provider(.cancelled), "cancelled"),
    ]

    @Test func `a call that no provider heard of is refused, any other has failed`() {
        for (error, outcome) in DispositionTests.outcomes {
            #expect(error.disposition.outcome == outcome, "\(error)")
        }
    }

    @Test func `only what nobody has paid for is asked again by those who share it`() {
        let midway = BotError.provider(.memoryMidway(DispositionTests.short)).disposition
        #expect(midway.fault != .payer && midway.mayHaveBought && !midway.isPassing)
        let before = BotError.provider(.memory(DispositionTests.short)).disposition
        #expect(before.fault == .payer && !before.mayHaveBought && before.isPassing)
    }
}
