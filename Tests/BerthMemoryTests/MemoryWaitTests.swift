import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

@Suite(.loop, .timeLimit(.minutes(20))) struct MemoryWaitTests {
    private let budget = MemoryBudget(limit: .mebibytes(16))
    private let clock = ManualClock()
    private let pool = TaskPool()

    private func account(_ name: String, quota: ByteCount = .mebibytes(16)) -> MemoryAccount {
        budget.account(for: name, quota: quota)
    }

    /// Asks for memory in a task of its own, and stores the lease or the error in `box`.
    @Loop private func ask(_ account: MemoryAccount, _ count: ByteCount, _ box: Box) {
        let (clock, pool) = (clock, pool)
        pool.spawn {
            do throws(BudgetError) {
                let lease = try await account.lease(
                    count,
                    for: .requestBody,
                    within: .seconds(10),
                    by: clock
                )
                box.granted.append(account.tenant)
                box.leases.append(LeaseHolder(lease))
            } catch { box.refusals.append(error) }
        }
    }

    @Loop final class Box {
        var granted: [String] = []
        var leases: [LeaseHolder] = []
        var refusals: [BudgetError] = []
    }

    @Loop @Test func `what is free is had at once`() async throws {
        let ann = account("ann")
        let lease = try await ann.lease(
            .mebibytes(2),
            for: .requestBody,
            within: .seconds(1),
            by: clock
        )
        #expect(lease.count == .mebibytes(2) && clock.pending == 0)
    }

    @Loop @Test func `who waits is served in order when memory is given back`() async throws {
        let (ann, bob, cid) = (account("ann"), account("bob"), account("cid"))
        var held: LeaseHolder? = LeaseHolder(try ann.lease(.mebibytes(12), for: .replyBuffer))
        let box = Box()
        ask(cid, .mebibytes(5), box)
        await settle()
        ask(bob, .mebibytes(5), box)
        await settle()
        #expect(box.granted.isEmpty && budget.standing.waiting == 2)
        withExtendedLifetime(held) {}
        held = nil
        await settle()
        #expect(box.granted == ["cid", "bob"] && budget.standing.waiting == 0)
        #expect(clock.pending == 0)
        #expect(budget.standing.accounts.map(\.waits) == [0, 1, 1])
    }

    @Loop @Test func `who is within its share goes before who borrows`() async throws {
        let (ann, bob, cid) = (account("ann"), account("bob"), account("cid"))
        var held: LeaseHolder? = LeaseHolder(try cid.lease(.mebibytes(12), for: .replyBuffer))
        let box = Box()
        ask(ann, .mebibytes(6), box)
        await settle()
        ask(bob, .mebibytes(5), box)
        await settle()
        withExtendedLifetime(held) {}
        held = nil
        await settle()
        #expect(box.granted == ["bob", "ann"])
    }

    @Loop @Test func `a small borrower does not overtake a large one`() async throws {
        let (ann, bob, cid) = (account("ann"), account("bob"), account("cid"))
        let all = [account("dan"), account("eve")]
        let held = LeaseHolder(try ann.lease(.mebibytes(8), for: .replyBuffer))
        let box = Box()
        ask(bob, .mebibytes(12), box)
        await settle()
        ask(cid, .mebibytes(11), box)
        await settle()
        #expect(box.granted.isEmpty && budget.standing.waiting == 2)
        clock.advance(by: .seconds(10))
        await settle()
        #expect(box.refusals.count == 2 && budget.standing.waiting == 0)
        withExtendedLifetime((held, all)) {}
    }

    @Loop @Test func `who comes later does not take what the first in line waits for`() async throws
    {
        let (ann, bob, cid) = (account("ann"), account("bob"), account("cid"))
        let others = [account("dan"), account("eve")]
        var held: LeaseHolder? = LeaseHolder(try ann.lease(.mebibytes(7), for: .replyBuffer))
        let box = Box()
        ask(bob, .mebibytes(6), box)
        await settle()
        // This request would fit, and so would any number of later ones.
        ask(cid, .mebibytes(4), box)
        await settle()
        #expect(box.granted.isEmpty && budget.standing.waiting == 2)
        // A tenant within its share does not wait for tenants beyond theirs.
        ask(others[0], .mebibytes(3), box)
        await settle()
        #expect(box.granted == ["dan"])
        box.leases = []
        withExtendedLifetime(held) {}
        held = nil
        await settle()
        #expect(box.granted == ["dan", "bob", "cid"])
        withExtendedLifetime(others) {}
    }

    @Loop @Test func `what all the lendable room would not hold holds nobody up`() async throws {
        let (ann, bob, cid) = (account("ann"), account("bob"), account("cid"))
        let others = [account("dan"), account("eve")]
        var held: LeaseHolder? = LeaseHolder(try ann.lease(.mebibytes(12), for: .replyBuffer))
        let box = Box()
        ask(bob, .mebibytes(13), box)
        await settle()
        ask(cid, .mebibytes(4), box)
        await settle()
        #expect(box.granted.isEmpty && budget.standing.waiting == 2)
        withExtendedLifetime(held) {}
        held = nil
        await settle()
        #expect(box.granted == ["cid"] && budget.standing.waiting == 1)
        pool.cancelAll()
        await pool.drain()
        withExtendedLifetime(others) {}
    }

    @Loop @Test func `the wait is bounded, and its end is a refusal in words`() async throws {
        let ann = account("ann", quota: .mebibytes(4))
        let held = LeaseHolder(try ann.lease(.mebibytes(3), for: .replyBuffer))
        let box = Box()
        ask(ann, .mebibytes(2), box)
        await settle()
        clock.advance(by: .seconds(9))
        await settle()
        #expect(box.refusals.isEmpty)
        clock.advance(by: .seconds(1))
        await settle()
        #expect(box.refusals.first?.description.contains("holds 3 MiB of its 4 MiB") == true)
        #expect(budget.standing.accounts[0].refusals == 1)
        withExtendedLifetime(held) {}
    }

    @Loop @Test func `one whose own quota is used up holds nobody up`() async throws {
        let (ann, bob) = (account("ann", quota: .mebibytes(4)), account("bob"))
        let held = LeaseHolder(try ann.lease(.mebibytes(4), for: .replyBuffer))
        var other: LeaseHolder? = LeaseHolder(try bob.lease(.mebibytes(8), for: .replyBuffer))
        let box = Box()
        ask(ann, .mebibytes(1), box)
        await settle()
        ask(bob, .mebibytes(7), box)
        await settle()
        withExtendedLifetime(other) {}
        other = nil
        await settle()
        #expect(box.granted == ["bob"] && budget.standing.waiting == 1)
        pool.cancelAll()
        await settle()
        withExtendedLifetime(held) {}
    }

    @Loop @Test func `what can never be had is refused at once`() async {
        let ann = account("ann", quota: .mebibytes(4))
        await #expect(throws: BudgetError.self) {
            _ = try await ann.lease(
                .mebibytes(5),
                for: .requestBody,
                within: .seconds(10),
                by: clock
            )
        }
        #expect(clock.pending == 0)
    }

    @Loop @Test func `who leaves gives up its place`() async throws {
        let ann = account("ann", quota: .mebibytes(1))
        let held = LeaseHolder(try ann.lease(.mebibytes(1), for: .replyBuffer))
        let box = Box()
        ask(ann, .kibibytes(1), box)
        await settle()
        pool.cancelAll()
        await pool.drain()
        #expect(box.refusals.count == 1 && budget.standing.waiting == 0 && clock.pending == 0)
        withExtendedLifetime(held) {}
    }

    @Loop @Test func `a raised limit, a better measurement and a larger quota let who waits go on`()
        async throws
    {
        let ann = account("ann")
        let box = Box()
        budget.setLimit(.mebibytes(4))
        ask(ann, .mebibytes(6), box)
        await settle()
        budget.setLimit(.mebibytes(8))
        await settle()
        #expect(box.granted.count == 1)
        box.leases = []
        budget.rebase(resident: .mebibytes(4))
        ask(ann, .mebibytes(6), box)
        await settle()
        budget.rebase(resident: .mebibytes(2))
        await settle()
        #expect(box.granted.count == 2)
        box.leases = []
        _ = account("ann", quota: .mebibytes(7))
        let held = LeaseHolder(try ann.lease(.mebibytes(4), for: .replyBuffer))
        ask(ann, .mebibytes(2), box)
        await settle()
        #expect(box.granted.count == 3)
        withExtendedLifetime(held) {}
    }

    @Loop @Test func `at most 256 wait, and 64 of one tenant`() async throws {
        let all = ["ann", "bob", "cid", "dan", "eve"].map { account($0, quota: .mebibytes(1)) }
        let held = try all.map { LeaseHolder(try $0.lease(.mebibytes(1), for: .replyBuffer)) }
        let box = Box()
        for _ in 0..<65 { ask(all[0], .kibibytes(1), box) }
        await settle()
        #expect(budget.standing.waiting == 64 && box.refusals.count == 1)
        for each in all[1...] { for _ in 0..<64 { ask(each, .kibibytes(1), box) } }
        await settle()
        #expect(budget.standing.waiting == 256 && box.refusals.count == 65)
        pool.cancelAll()
        await pool.drain()
        withExtendedLifetime(held) {}
    }
}
