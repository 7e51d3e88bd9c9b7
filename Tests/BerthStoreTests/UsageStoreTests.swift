import BerthLoop
import BerthTestKit
import Testing

@testable import BerthStore

@Suite(.loop) struct UsageStoreTests {
    private let noon = StoreFixture.noon

    @Loop @Test(arguments: StoreEngine.allCases)
    func `answers from the cache count as requests and cost nothing`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        let bob = try await store.addTenant(named: "bob", at: noon).id
        try await store.countHits([fixture.tenant.id: 2, bob: 5], at: noon)
        try await store.countHits([fixture.tenant.id: 1], at: noon)
        let usage = try await fixture.usage()
        #expect((usage.requests, usage.hits, usage.tokens, usage.micros) == (3, 3, 0, 0))
        #expect(try await store.usage(of: bob, on: noon).requests == 5)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a day without use has zeros`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let usage = try await fixture.usage()
        #expect(usage.tenant == fixture.tenant.id && usage.day == noon.startOfDay)
        #expect(usage.settled == Amounts() && usage.reserved == Amounts() && usage.hits == 0)
        #expect(try await fixture.store.usage(from: noon, through: noon).isEmpty)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `usage is listed by day and tenant`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let bob = try await store.addTenant(named: "bob", at: noon).id
        let (next, last) = (noon + .seconds(86400), noon + .seconds(3 * 86400))
        try await store.countHits([ann: 1], at: last)
        try await store.countHits([bob: 1], at: next)
        try await store.countHits([bob: 1, ann: 1], at: noon)
        let days = try await store.usage(from: noon, through: next)
        #expect(days.map(\.tenant) == [ann, bob, bob])
        #expect(days.map(\.day) == [noon, noon, next].map(\.startOfDay))
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `numbers of a damaged file are bounded where they are read`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let bob = try await store.addTenant(named: "bob", at: noon).id
        try await store.countHits([ann: 1, bob: 1], at: noon)
        try await store.countHits([ann: 1], at: noon + .seconds(86400))
        for number in [Int64.max, .min] {
            try await fixture.database.write { store throws(StoreError) in
                try store.run(
                    """
                    UPDATE usage_day SET hits = ?1, requests = ?1, input_tokens = ?1, micros = ?1,
                        reserved_micros = ?1
                    """,
                    number
                )
                try store.run("UPDATE tenant SET memory_bytes = ?1, created_ms = ?1", number)
            }
            let spent = try await store.spend(since: noon)
            #expect(spent.values.allSatisfy { (0...(1 << 50)).contains($0) })
            let total = try await store.usageTotal()
            #expect((0...Amounts.most).contains(total.settled[.micros]))
            let days = try await store.usage(from: noon, through: noon + .seconds(86400))
            #expect(days.allSatisfy { $0.hits >= 0 && $0.hits + $0.requests + $0.tokens >= 0 })
            let row = try #require(try await store.tenants().first)
            #expect((0...(1 << 50)).contains(row.quotas.memoryBytes ?? -1))
            #expect(!(row.created + .seconds(1)).description.isEmpty)
        }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `what was charged is summed by tenant since a day`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        for days in 0..<3 {
            let now = noon + .seconds(86400 * days)
            let call = try await fixture.call(at: now)
            var settlement = fixture.settlement(call)
            settlement.cost = Amounts((.micros, 10))
            try await store.settle([settlement], at: now)
        }
        #expect(try await store.spend(since: noon + .seconds(86400)) == [ann: 20])
        #expect(try await store.spend(since: noon + .seconds(9 * 86400)) == [:])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `the total holds removed tenants too`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        #expect(try await store.usageTotal() == UsageTotal())
        try await store.settle([fixture.settlement(try await fixture.call())], at: noon)
        _ = try await fixture.call()
        _ = try await store.removeTenant(fixture.tenant.id)
        let total = try await store.usageTotal()
        #expect(total.settled[.micros] == 77 && total.reserved[.micros] == 100)
    }
}

@Suite struct AmountsTests {
    @Test func `every amount is kept within its bounds`() {
        for amount in Amount.allCases {
            var amounts = Amounts()
            for (value, kept) in [(5, 5), (-1, 0), (.max, Amounts.most), (.min, 0)]
                as [(Int64, Int64)]
            {
                amounts[amount] = value
                #expect(amounts[amount] == kept)
                #expect(amounts == Amounts((amount, value)))
            }
        }
    }

    @Test func `sums end at the most, differences at nothing`() {
        let (most, few) = (Amounts((.micros, .max)), Amounts((.micros, 3), (.images, 2)))
        #expect(most + most == most)
        #expect(few - most == Amounts((.images, 2)))
        #expect(few + few == Amounts((.micros, 6), (.images, 4)))
        var sum = few
        sum += few
        #expect(sum - few == few)
    }

    @Test func `tokens are those of prompts and answers`() {
        #expect(Amounts((.inputTokens, 3), (.outputTokens, 4), (.images, 5)).tokens == 7)
    }
}
