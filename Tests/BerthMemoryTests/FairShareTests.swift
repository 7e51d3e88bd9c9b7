import BerthMemory
import Testing

@Suite struct FairShareTests {
    private let budget = MemoryBudget(limit: .mebibytes(16))

    /// The bytes that the first account holds for `purpose`, or nil for none.
    private func held(for purpose: MemoryPurpose) -> ByteCount? {
        budget.standing.accounts.first?.purposes.first { $0.purpose == purpose }?.held
    }

    private func tenants(_ count: Int) -> [MemoryAccount] {
        (0..<count).map { budget.account(for: "t\($0)", quota: .mebibytes(16)) }
    }

    @Test func `each tenant is guaranteed its part of what leases may take`() {
        let all = tenants(4)
        #expect(budget.standing.share == .mebibytes(4))
        withExtendedLifetime(all) {}
    }

    @Test func `who is within its share may take the last byte`() throws {
        let all = tenants(2)
        let borrowed = try all[0].lease(.mebibytes(12), for: .requestBody)
        #expect(throws: Never.self) { _ = try all[1].lease(.mebibytes(4), for: .requestBody) }
        #expect(borrowed.count == .mebibytes(12))
        #expect(budget.standing.accounts[0].borrowed == .mebibytes(4))
    }

    @Test func `a quarter of the room is not lent`() throws {
        let all = tenants(4)
        let first = try all[0].lease(.mebibytes(12), for: .requestBody)
        let refusal = #expect(throws: BudgetError.self) {
            _ = try all[0].lease(ByteCount(1), for: .requestBody)
        }
        #expect(refusal?.description.contains("but 0 B is free") == true)
        #expect(budget.leased == first.count)
        #expect(budget.standing.accounts[0].refusals == 1)
    }

    @Test func `what has begun may take what is not lent`() throws {
        let all = tenants(4)
        var held = try all[0].lease(.mebibytes(12), for: .replyBuffer)
        #expect(throws: Never.self) { try held.extend(by: .mebibytes(4)) }
        #expect(throws: BudgetError.self) { try held.extend(by: ByteCount(1)) }
    }

    @Test func `what the cache holds is nobody's share`() throws {
        let all = tenants(2)
        let cache = budget.sharedAccount("cache", quota: .mebibytes(8))
        let entry = try cache.lease(.mebibytes(8), for: .cacheEntry)
        #expect(budget.standing.share == .mebibytes(4))
        #expect(throws: BudgetError.self) {
            _ = try cache.lease(.mebibytes(1), for: .cacheEntry)
        }
        #expect(all[0].held == .zero && entry.count == cache.held)
    }

    @Test func `a tenant who is gone leaves its share to the others`() {
        var all = tenants(4)
        budget.forget("t3")
        _ = all.removeLast()
        #expect(budget.standing.share.bytes == (16 << 20) / 3)
        withExtendedLifetime(all) {}
    }

    @Test func `the one furthest over its share gets nothing new, but finishes`() throws {
        let all = tenants(4)
        var most = try all[1].lease(.mebibytes(7), for: .replyBuffer)
        let more = try all[2].lease(.mebibytes(5), for: .replyBuffer)
        let name = budget.refuseTheLargest()
        #expect(name == "t1")
        let refusal = #expect(throws: BudgetError.self) {
            _ = try all[1].lease(ByteCount(1), for: .requestBody)
        }
        let words = "'t1' already uses 7 MiB, more than its share of 4 MiB"
        #expect(refusal?.description.contains(words) == true)
        #expect(throws: Never.self) { try most.extend(by: ByteCount(1)) }
        #expect(throws: Never.self) { _ = try all[3].lease(.kibibytes(1), for: .requestBody) }
        budget.refuseNobody()
        #expect(
            throws: BudgetError.exhausted(
                requested: .mebibytes(1),
                free: ByteCount(-1),
                tenant: "t1",
                purpose: .requestBody
            )
        ) { _ = try all[1].lease(.mebibytes(1), for: .requestBody) }
        withExtendedLifetime(more) {}
    }

    @Test func `nobody is refused when nobody is over its share`() throws {
        let all = tenants(2)
        let held = try all[0].lease(.mebibytes(1), for: .replyBuffer)
        let refused = budget.refuseTheLargest()
        #expect(refused == nil && held.count == all[0].held)
    }

    @Test func `bytes that are held while nothing is under way are stray`() throws {
        let ann = tenants(1)[0]
        var work: MemoryWork? = ann.begin()
        let held = try ann.lease(.kibibytes(9), for: .replyBuffer)
        budget.look()
        #expect(!budget.standing.accounts[0].isStray)
        withExtendedLifetime(work) {}
        work = nil
        budget.look()
        #expect(budget.standing.accounts[0].isStray && held.count == .kibibytes(9))
        let again = ann.begin()
        #expect(!budget.standing.accounts[0].isStray)
        withExtendedLifetime(again) {}
    }

    @Test func `a part of a lease becomes a lease for something else`() throws {
        let ann = tenants(1)[0]
        var body = try ann.lease(.kibibytes(100), for: .requestBody)
        do {
            let copy = body.split(.kibibytes(60), for: .upstreamTransfer)
            #expect(copy.count == .kibibytes(60) && body.count == .kibibytes(40))
            #expect(held(for: .upstreamTransfer) == .kibibytes(60))
            #expect(ann.held == .kibibytes(100))
        }
        #expect(ann.held == .kibibytes(40) && held(for: .upstreamTransfer) == nil)
        let rest = body.split(.kibibytes(60), for: .upstreamTransfer)
        #expect(rest.count == .kibibytes(40) && body.count == .zero)
    }
}

@Suite struct RebaseTests {
    private let budget = MemoryBudget(limit: .mebibytes(64), holdingBack: .mebibytes(1))

    @Test func `what the process holds anyway is not leased`() throws {
        let ann = budget.account(for: "ann", quota: .mebibytes(64))
        budget.setFixed(resident: .mebibytes(23))
        #expect(budget.standing.free == .mebibytes(40))
        #expect(throws: BudgetError.self) { _ = try ann.lease(.mebibytes(41), for: .requestBody) }
    }

    @Test func `what is leased before the last weighing makes the process no lighter`() throws {
        let ann = budget.account(for: "ann", quota: .mebibytes(64))
        budget.setFixed(resident: .mebibytes(20))
        let held = try ann.lease(.mebibytes(30), for: .sessionWindow)
        budget.setFixed(resident: .mebibytes(24))
        #expect(budget.standing.fixed == .mebibytes(20) && budget.standing.leased == held.count)
    }

    @Test func `drift heals in both directions and is counted`() throws {
        let ann = budget.account(for: "ann", quota: .mebibytes(64))
        budget.setFixed(resident: .mebibytes(20))
        let held = try ann.lease(.mebibytes(10), for: .replyBuffer)
        // 4 MiB are resident without a lease.
        #expect(budget.rebase(resident: .mebibytes(34)) == .mebibytes(4))
        #expect(budget.standing.free == .mebibytes(29))
        #expect(budget.rebase(resident: .mebibytes(31)) == .mebibytes(-3))
        // Some leased bytes are not used yet, but the base is never lower than the fixed size.
        #expect(budget.rebase(resident: .mebibytes(22)) == .mebibytes(-1))
        let standing = budget.standing
        #expect(standing.base == .mebibytes(20) && standing.leased == held.count)
        #expect(standing.drift.up == .mebibytes(4) && standing.drift.down == .mebibytes(4))
        #expect(standing.drift.measurements == 3)
    }

    @Test func `a limit below what is leased refuses and takes nothing away`() throws {
        let ann = budget.account(for: "ann", quota: .mebibytes(64))
        let held = try ann.lease(.mebibytes(30), for: .replyBuffer)
        budget.setLimit(.mebibytes(24))
        #expect(budget.standing.free == .mebibytes(-7))
        let refusal = #expect(throws: BudgetError.self) {
            _ = try ann.lease(ByteCount(1), for: .requestBody)
        }
        #expect(refusal?.description.contains("but 0 B is free") == true)
        #expect(budget.leased == held.count)
        budget.setLimit(.mebibytes(64))
        #expect(throws: Never.self) { _ = try ann.lease(.mebibytes(1), for: .requestBody) }
    }

    @Test func `the fraction is the larger of the promised and the resident`() throws {
        let ann = budget.account(for: "ann", quota: .mebibytes(64))
        budget.setFixed(resident: .mebibytes(15))
        let held = try ann.lease(.mebibytes(16), for: .replyBuffer)
        #expect(budget.standing.fraction(resident: .mebibytes(20)) == 0.5)
        #expect(budget.standing.fraction(resident: .mebibytes(48)) == 0.75)
        #expect(budget.standing.fraction(resident: nil) == 0.5 && held.count == ann.held)
    }
}

@Suite struct HeldHistogramTests {
    @Test func `a quantile is at most a fourth too large`() {
        var histogram = HeldHistogram()
        #expect(histogram.quantile(0.95) == nil)
        for kibibytes in 1...100 { histogram.add(.kibibytes(kibibytes)) }
        let (p50, p95) = (histogram.quantile(0.5)?.bytes ?? 0, histogram.quantile(0.95)?.bytes ?? 0)
        #expect((50 << 10...63 << 10).contains(p50))
        #expect((95 << 10...119 << 10).contains(p95))
        #expect(histogram.samples == 100)
    }

    @Test func `what is beyond its ends is in them`() {
        var histogram = HeldHistogram()
        histogram.add(ByteCount(1))
        #expect(histogram.quantile(1) == .kibibytes(1))
        histogram.add(ByteCount(1 << 40))
        #expect((histogram.quantile(1)?.bytes ?? 0) >= 200 << 20)
        var both = HeldHistogram()
        both.add(histogram)
        both.add(histogram)
        #expect(both.samples == 4)
    }
}

@Suite struct PressureLadderTests {
    @Test func `rungs are entered one by one and left with hysteresis`() {
        var ladder = PressureLadder()
        #expect(ladder.step(at: 74.9) == nil)
        #expect(ladder.step(at: 99) == .entered(.trim))
        #expect(ladder.step(at: 99) == .entered(.shrinkCache))
        #expect(ladder.step(at: 79) == nil && ladder.rung == .shrinkCache)
        #expect(ladder.step(at: 73.9) == .left(.shrinkCache))
        #expect(ladder.step(at: 73.9) == nil && ladder.rung == .trim)
        #expect(ladder.step(at: 10) == .left(.trim))
        #expect(ladder.step(at: 10) == nil && ladder.rung == nil)
    }

    @Test func `the top is the top`() {
        var ladder = PressureLadder()
        for rung in PressureRung.allCases { #expect(ladder.step(at: 200) == .entered(rung)) }
        #expect(ladder.step(at: 200) == nil && ladder.rung == .refuseLargest)
    }

    @Test func `the table leaves each rung below where it is entered, and they are in order`() {
        for rung in PressureRung.allCases { #expect(rung.row.leaves < rung.row.enters) }
        let enters = PressureRung.allCases.map(\.row.enters)
        let leaves = PressureRung.allCases.map(\.row.leaves)
        #expect(enters == enters.sorted() && leaves == leaves.sorted())
        #expect(Set(PressureRung.allCases.map(\.row.name)).count == PressureRung.allCases.count)
    }
}
