import BerthLoop
import BerthMemory
import BerthProviders
import BerthQueue
import BerthStore
import BerthWork
import Testing

@testable import BerthBot

/// A turn's machine as a table, in which an event in a state leads to one action.
@Suite struct TurnMachineTests {
    private static let start = TurnMachine.Moment(
        now: Instant(nanoseconds: 0),
        timestamp: Timestamp(milliseconds: 1_760_000_000_000)
    )
    private static let later = start.timestamp + .seconds(30)

    private static func machine(
        attempts: Int = 0,
        due: Timestamp? = nil,
        _ change: (inout TurnMachine) -> Void = { _ in }
    ) -> TurnMachine {
        var machine = TurnMachine(
            attempts: attempts,
            due: due,
            deadline: start.now + .seconds(600),
            backoff: Backoff(attempts: 3)
        )
        change(&machine)
        return machine
    }

    private static let passing = BotError.provider(
        .unavailable(provider: "p", status: 503, retryAfter: .seconds(20))
    )
    private static let alone = BotError.provider(.failedAlone(provider: "p", status: 500))
    private static let unknown = BotError.provider(.uncertain(provider: "p", reason: "r"))
    private static let bought = BotError.provider(.cut(provider: "p"))
    private static let full = BotError.queue(.full(tenant: "t", waiting: 9, limit: 9, wait: .zero))

    /// One row of the table.
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let machine: TurnMachine
        let event: TurnMachine.Event
        let action: @Sendable (TurnMachine.Action) -> Bool

        init(
            _ name: String,
            _ machine: TurnMachine,
            _ event: TurnMachine.Event,
            _ action: @escaping @Sendable (TurnMachine.Action) -> Bool
        ) {
            (self.name, self.machine, self.event, self.action) = (name, machine, event, action)
        }

        var testDescription: String { name }
    }

    private static func ends(
        _ end: TurnOutcome.End
    ) -> @Sendable (TurnMachine.Action) -> Bool {
        { if case .end(end, _) = $0 { true } else { false } }
    }

    private static let retries: @Sendable (TurnMachine.Action) -> Bool = {
        guard case .retryLater(let due) = $0 else { return false }
        // The attempt is not earlier than the provider asked for.
        return due >= start.timestamp + .seconds(20)
    }

    static let rows: [Row] = [
        Row("begun → ask", machine(), .begun) { $0 == .ask },
        Row("begun with a stored pause → wait", machine(due: later), .begun) {
            $0 == .wait(until: later)
        },
        Row("begun after its pause → ask", machine(due: start.timestamp), .begun) { $0 == .ask },
        Row("due → ask", machine(), .due) { $0 == .ask },
        Row("due, its pause lifted → ask", machine(due: later), .due) { $0 == .ask },
        Row("fails while others are answered → once more", machine(), .failed(alone.disposition)) {
            if case .retryLater = $0 { true } else { false }
        },
        Row(
            "fails so a second time → failed",
            machine(attempts: 1),
            .failed(alone.disposition)
        ) { if case .end(.failed, let why?) = $0 { why == .attemptsUsed(2) } else { false } },
        Row("scheduled → wait", machine(due: later), .scheduled) { $0 == .wait(until: later) },
        Row("unscheduled → failed", machine(), .unscheduled, ends(.failed)),
        Row(
            "unscheduled, stopped meanwhile → stopped",
            machine { $0.isStopped = true },
            .unscheduled,
            ends(.stopped)
        ),
        Row(
            "unscheduled while the service stops → interrupted",
            machine { $0.isInterrupted = true },
            .unscheduled,
            ends(.interrupted)
        ),
        Row("answered → done", machine(), .answered, ends(.done)),
        Row("passing failure → retry later", machine(), .failed(passing.disposition), retries),
        Row(
            "passing failure after a word → failed",
            machine { $0.hasText = true },
            .failed(passing.disposition),
            ends(.failed)
        ),
        Row(
            "passing failure, attempts used → failed, and why",
            machine(attempts: 2),
            .failed(passing.disposition)
        ) { if case .end(.failed, let why?) = $0 { why == .attemptsUsed(3) } else { false } },
        Row("an unknown outcome → uncertain", machine(), .failed(unknown.disposition)) {
            $0 == .end(.uncertain)
        },
        Row(
            "an unknown outcome while the service stops → uncertain",
            machine { $0.isInterrupted = true },
            .failed(unknown.disposition)
        ) { $0 == .end(.uncertain) },
        Row(
            "an unknown outcome after its author's stop → stopped",
            machine { $0.isStopped = true },
            .failed(unknown.disposition)
        ) { $0 == .end(.stopped) },
        Row("a failure that may have bought → failed", machine(), .failed(bought.disposition)) {
            $0 == .end(.failed)
        },
        Row(
            "stopped by its author → stopped",
            machine { $0.isStopped = true },
            .failed(passing.disposition),
            ends(.stopped)
        ),
        Row(
            "interrupted by the service → interrupted",
            machine { $0.isInterrupted = true },
            .failed(bought.disposition),
            ends(.interrupted)
        ),
        Row(
            "the service stops → interrupted",
            machine(),
            .failed(BotError.stopping.disposition),
            ends(.interrupted)
        ),
        Row("a quota is used up → failed", machine(), .failed(BotError.suspended.disposition)) {
            $0 == .end(.failed)
        },
    ]

    @Test(arguments: rows) func `an event in a state leads to one action`(row: Row) {
        var (machine, random) = (row.machine, SeededGenerator(seed: 1))
        let action = machine.next(after: row.event, at: Self.start, using: &random)
        #expect(row.action(action), "\(action)")
    }

    @Test func `a failure before any provider heard of it is no attempt`() {
        var (machine, random) = (Self.machine(attempts: 1), SeededGenerator(seed: 1))
        for _ in 0..<5 {
            _ = machine.next(
                after: .failed(Self.full.disposition),
                at: Self.start,
                using: &random
            )
        }
        #expect(machine.attempts == 1)
        _ = machine.next(after: .failed(Self.passing.disposition), at: Self.start, using: &random)
        #expect(machine.attempts == 2)
    }

    @Test func `no attempt begins after the deadline`() {
        var (machine, random) = (Self.machine(), SeededGenerator(seed: 1))
        let late = TurnMachine.Moment(
            now: Self.start.now + .seconds(590),
            timestamp: Self.start.timestamp + .seconds(590)
        )
        let action = machine.next(
            after: .failed(Self.passing.disposition),
            at: late,
            using: &random
        )
        guard case .end(.failed, let why?) = action else {
            Issue.record("\(action)")
            return
        }
        let words = Phrase.gaveUp(.suspended, why).text(in: .english)
        #expect(words.contains("after the deadline"))
    }
}
