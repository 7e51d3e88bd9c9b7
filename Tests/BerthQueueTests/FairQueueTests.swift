import BerthLoop
import BerthTestKit
import BerthText
import Testing

@testable import BerthQueue

@Suite(.loop, .timeLimit(.minutes(20))) struct FairQueueTests {
    let clock = ManualClock()

    @Loop private func queue(
        bound: QueueBound = QueueBound(),
        policy: QueuePolicy = QueuePolicy()
    ) -> FairQueue<String> {
        FairQueue(in: .quiet(clock), policy: policy, bound: bound)
    }

    /// A tenant that queues many calls before their cost is known gains nothing by the early guess.
    @Loop @Test func `the cost is predicted again when an entry is first in its line`() throws {
        let queue = FairQueue<String>(in: .quiet(clock), bound: QueueBound())
        let known = Known()
        let predict: WorkCost.Prediction = { known.cost }
        for _ in 0..<20 {
            _ = try queue.enqueue("hog", lane: .chat, tenant: "hog", predict: predict)
        }
        for _ in 0..<4 { _ = queue.dequeue() }
        known.cost = .chat
        for _ in 0..<4 {
            queue.settle(.chat, tenant: "hog", predicted: .zero, real: known.cost)
        }
        for tenant in 0..<6 {
            _ = try queue.enqueue("one", lane: .chat, tenant: "\(tenant)", predict: predict)
        }
        // The hog owes for four calls and pays for its fifth like every tenant.
        let order = drained(queue).prefix(6)
        #expect(order.allSatisfy { $0 == "one" })
    }

    /// The known cost of a call, which a test changes.
    @Loop private final class Known {
        var cost = WorkCost.zero
        nonisolated init() {}
    }

    @Loop @Test func `tenants take turns, each in its own order`() throws {
        let queue = queue()
        for name in ["a1", "a2", "a3", "b1", "b2", "c1"] {
            _ = try queue.enqueue(name, lane: .chat, tenant: "\(name.prefix(1))", cost: .chat)
        }
        #expect(drained(queue) == ["a1", "b1", "c1", "a2", "b2", "a3"])
    }

    @Loop @Test func `who asks for more at a time goes less often`() throws {
        let queue = queue()
        let large = WorkCost(units: WorkCost.chat.units * 3)
        for number in 1...6 {
            _ = try queue.enqueue("small", lane: .chat, tenant: "ann", cost: .chat)
            if number <= 2 {
                _ = try queue.enqueue("large", lane: .chat, tenant: "bo", cost: large)
            }
        }
        let order = drained(queue)
        #expect(
            order == ["small", "small", "small", "large", "small", "small", "small", "large"]
                || order == [
                    "small", "small", "large", "small", "small", "small", "large", "small",
                ]
        )
    }

    @Loop @Test func `a line that comes late neither waits for nor overtakes the past`() throws {
        let queue = queue()
        for _ in 0..<10 { _ = try queue.enqueue("a", lane: .chat, tenant: "ann", cost: .chat) }
        for _ in 0..<5 { _ = queue.dequeue() }
        for _ in 0..<3 { _ = try queue.enqueue("b", lane: .chat, tenant: "bo", cost: .chat) }
        #expect(drained(queue) == ["a", "b", "a", "b", "a", "b", "a", "a"])
    }

    @Loop @Test func `a debt is paid by the next entry, a credit helps it`() throws {
        let queue = queue()
        queue.settle(.chat, tenant: "ann", predicted: .chat, real: WorkCost(units: 8_000_000))
        queue.settle(.chat, tenant: "bo", predicted: .chat, real: .zero)
        for tenant in ["ann", "cy", "bo"] {
            for _ in 0..<2 {
                _ = try queue.enqueue(tenant, lane: .chat, tenant: tenant, cost: .chat)
            }
        }
        #expect(drained(queue) == ["bo", "cy", "bo", "cy", "ann", "ann"])
    }

    @Loop @Test func `a credit larger than an entry helps those after it too`() throws {
        let queue = queue()
        let predicted = WorkCost(units: 10 * WorkCost.chat.units)
        queue.settle(.chat, tenant: "bo", predicted: predicted, real: .zero)
        for _ in 0..<30 {
            _ = queue.enqueueChat("ann")
            _ = queue.enqueueChat("bo")
        }
        #expect(drained(queue).prefix(14).count { $0 == "bo" } == 12)
    }

    @Loop @Test func `a debt reaches who stands first at once`() throws {
        let queue = queue()
        for _ in 0..<4 {
            _ = queue.enqueueChat("ann")
            _ = queue.enqueueChat("bo")
        }
        let first = [queue.dequeue()?.entry, queue.dequeue()?.entry]
        let real = WorkCost(units: 3 * WorkCost.chat.units)
        queue.settle(.chat, tenant: "ann", predicted: .chat, real: real)
        #expect(first == ["ann", "bo"])
        #expect(drained(queue) == ["bo", "bo", "ann", "bo", "ann", "ann"])
    }

    @Loop @Test func `a debt is bounded, and a cancelled entry keeps it for the next`() throws {
        let queue = queue()
        for _ in 0..<50 { queue.settle(.chat, tenant: "ann", predicted: .zero, real: .most) }
        let first = try queue.enqueue("ann", lane: .chat, tenant: "ann", cost: .chat)
        queue.cancel(first)
        _ = try queue.enqueue("ann", lane: .chat, tenant: "ann", cost: .chat)
        // A carry of 100 million units is 33 chats and a third.
        for _ in 0..<40 { _ = try queue.enqueue("bo", lane: .chat, tenant: "bo", cost: .chat) }
        let order = drained(queue)
        #expect(order.firstIndex(of: "ann") == 34)
    }

    @Loop @Test func `lanes share by weight while all have work`() throws {
        let queue = queue(bound: QueueBound(perTenant: 2_000, total: 3_000))
        for lane in Lane.allCases {
            for _ in 0..<420 {
                _ = try queue.enqueue(lane.rawValue, lane: lane, tenant: "ann", cost: .chat)
            }
        }
        var counts: [String: Int] = [:]
        for _ in 0..<210 { counts[queue.dequeue()?.entry ?? "", default: 0] += 1 }
        #expect(counts == ["chat": 160, "image": 40, "background": 10])
    }

    @Loop @Test func `a lane that was empty has saved nothing`() throws {
        let queue = queue(bound: QueueBound(perTenant: 1_000, total: 3_000))
        for _ in 0..<200 {
            _ = try queue.enqueue("chat", lane: .chat, tenant: "ann", cost: .chat)
        }
        for _ in 0..<100 { _ = queue.dequeue() }
        for _ in 0..<50 {
            _ = try queue.enqueue("background", lane: .background, tenant: "ann", cost: .chat)
        }
        let next = (0..<34).map { _ in queue.dequeue()?.entry }
        #expect(next.count { $0 == "background" } == 2)
    }

    @Loop @Test func `nobody starves: an aged line goes within four departures a line`() throws {
        let clock = clock
        let queue = FairQueue<Int>(in: .quiet(clock), bound: QueueBound())
        let dear = try queue.enqueue(-1, lane: .chat, tenant: "dear", cost: .most)
        var lines = 1
        for tenant in 0..<20 {
            for _ in 0..<60 {
                _ = try queue.enqueue(tenant, lane: .chat, tenant: "\(tenant)", cost: .zero)
            }
            lines += 1
        }
        for _ in 0..<59 {
            clock.advance(by: .seconds(1))
            let entry = queue.dequeue()?.entry
            #expect(entry != -1)
        }
        clock.advance(by: .seconds(1))
        let departures = (0..<4 * lines).map { _ in queue.dequeue()?.entry }
        let waits = dear.line != nil
        #expect(departures.contains(-1) && !waits)
    }

    @Loop @Test func `while aged lines are served, three of four departures go on by cost`() throws
    {
        let (clock, queue) = (clock, queue())
        for tenant in 0..<40 {
            _ = try queue.enqueue("old", lane: .chat, tenant: "\(tenant)", cost: .most)
        }
        clock.advance(by: .seconds(60))
        for _ in 0..<100 { _ = queue.enqueueChat("ann") }
        let old = (0..<80).map { _ in queue.dequeue()?.entry }.count { $0 == "old" }
        #expect(old == 20)
    }

    @Loop @Test func `ageing does not hand the queue to who has the most in it`() throws {
        let (clock, queue) = (clock, queue())
        for _ in 0..<200 { _ = try queue.enqueue("hog", lane: .chat, tenant: "hog", cost: .chat) }
        clock.advance(by: .seconds(600))
        for tenant in 0..<40 {
            _ = try queue.enqueue("one", lane: .chat, tenant: "\(tenant)", cost: .chat)
        }
        let hogs = (0..<44).map { _ in queue.dequeue()?.entry }.count { $0 == "hog" }
        #expect(hogs <= 4)
    }

    @Loop @Test func `a tenant's bound and the whole's refuse in words, with a true wait`() throws {
        let bound = QueueBound(perTenant: 2, total: 3)
        let queue = queue(bound: bound)
        for tenant in ["ann", "ann", "bo"] {
            _ = try queue.enqueue(tenant, lane: .chat, tenant: tenant, cost: .chat)
        }
        let own = #expect(throws: QueueError.self) {
            _ = try queue.enqueue("ann", lane: .chat, tenant: "ann", cost: .chat)
        }
        #expect(own == .tenantFull(tenant: "ann", waiting: 2, limit: 2, wait: .seconds(1)))
        #expect(own?.retryAfterSeconds == 1)
        let all = #expect(throws: QueueError.self) {
            _ = try queue.enqueue("cy", lane: .chat, tenant: "cy", cost: .chat)
        }
        #expect(
            all?.description
                == "the service's queue is full. The next request starts in about 1 s; "
                + "try again then"
        )
        let count = drained(queue).count
        let waiting = bound.waiting
        #expect(count == 3 && waiting == 0)
    }

    @Loop @Test func `who was let in early by age pays for it later, also after a pause`() throws {
        let (clock, queue) = (clock, queue())
        let dear = WorkCost(units: 10 * WorkCost.chat.units)
        _ = try queue.enqueue("dear", lane: .chat, tenant: "dear", cost: dear)
        for _ in 0..<3 { _ = queue.enqueueChat("bo") }
        for _ in 0..<3 { _ = queue.dequeue() }
        for _ in 0..<40 { _ = queue.enqueueChat("bo") }
        clock.advance(by: .seconds(60))
        let early = queue.dequeue()?.entry
        _ = try queue.enqueue("dear", lane: .chat, tenant: "dear", cost: .chat)
        // The deficit did not cover seven of the ten chats' worth yet, so bo gets these first.
        #expect(early == "dear" && drained(queue).firstIndex(of: "dear") == 7)
    }

    @Loop @Test func `a provider's pause lengthens every expected wait and every refusal's`() throws
    {
        let queue = queue(bound: QueueBound(perTenant: 1))
        let ticket = try #require(queue.enqueueChat("ann"))
        queue.blockedUntil = .after(.seconds(30))
        let wait = queue.place(of: ticket)?.wait
        #expect(wait == .seconds(31))
        let refusal = #expect(throws: QueueError.self) {
            _ = try queue.enqueue("ann", lane: .image, tenant: "ann", cost: .chat)
        }
        #expect(refusal?.retryAfterSeconds == 31)
    }

    @Loop @Test func `a cancelled entry leaves nothing behind`() throws {
        let bound = QueueBound()
        let queue = queue(bound: bound)
        let tickets = try ["a", "b", "c"].map {
            try queue.enqueue($0, lane: .chat, tenant: "ann", cost: .chat)
        }
        for index in [1, 0, 2] {
            let was = queue.cancel(tickets[index])
            let again = queue.cancel(tickets[index])
            #expect(was && !again)
        }
        let left = (queue.count, bound.waiting, bound.waiting(of: "ann"), queue.tickets.count)
        #expect(left == (0, 0, 0, 0))
        weak let memory = try queue.enqueue("d", lane: .chat, tenant: "ann", cost: .chat)
        _ = queue.dequeue()
        let isGone = memory == nil
        #expect(isGone)
    }

    @Loop @Test func `the places told at the beginning come true`() throws {
        let queue = queue()
        var tickets: [QueueTicket<String>] = []
        for name in ["a1", "a2", "a3", "b1", "c1", "c2"] {
            let tenant = "\(name.prefix(1))"
            tickets.append(
                try queue.enqueue(name, lane: .chat, tenant: tenant, cost: .chat)
            )
        }
        let told = tickets.map { queue.place(of: $0)?.ahead }
        let order = drained(queue)
        #expect(told == tickets.map { order.firstIndex(of: $0.entry) })
        let after = queue.place(of: tickets[0])
        #expect(after == nil)
    }

    @Loop @Test func `the expected wait follows the measured pace`() throws {
        let (clock, queue) = (clock, queue(bound: QueueBound(perTenant: 1_000)))
        for number in 0..<300 {
            _ = try queue.enqueue("\(number)", lane: .chat, tenant: "ann", cost: .chat)
        }
        for _ in 0..<199 {
            clock.advance(by: .milliseconds(250))
            _ = queue.dequeue()
        }
        let last = try queue.enqueue("last", lane: .chat, tenant: "ann", cost: .chat)
        let place = try #require(queue.place(of: last))
        #expect(place.ahead == 101)
        #expect(abs((place.wait - .milliseconds(25_500)).seconds) < 1)
        let wait = place.wait.secondsRoundedUp
        #expect(place.description == "position 102 in the queue, about \(wait) s")
    }
}

extension FairQueue<String> {
    /// Adds a chat entry of `tenant` with the tenant's name; nil if it is refused.
    fileprivate func enqueueChat(_ tenant: String) -> Ticket? {
        try? enqueue(tenant, lane: .chat, tenant: tenant, cost: .chat)
    }
}
