import BerthMemory
import Testing

/// Tests of the check that fails a debug build's test if it ends with a byte still leased.
@Suite struct LeaseCensusTests {
    @Test func `what is leased within a scope is seen until it is given back`() throws {
        let census = LeaseCensus()
        try LeaseCensus.$current.withValue(census) {
            let budget = MemoryBudget(limit: .mebibytes(8))
            let ann = budget.account(for: "ann", quota: .mebibytes(8))
            let cache = budget.sharedAccount("cache", quota: .mebibytes(8))
            let kept = try cache.lease(.kibibytes(4), for: .cacheEntry)
            #expect(census.leased.isEmpty)  // entries of a cache are no leak
            do {
                let lease = try ann.lease(.kibibytes(3), for: .replyBuffer)
                #expect(census.leased.map(\.account) == ["ann for a reply buffer"])
                #expect(census.leased.map(\.held) == [lease.count])
            }
            #expect(census.leased.isEmpty && kept.count == cache.held)
        }
    }

    @Test func `a budget that was made elsewhere is not counted`() throws {
        let census = LeaseCensus()
        let ann = MemoryBudget(limit: .mebibytes(8)).account(for: "ann", quota: .mebibytes(8))
        let lease = try ann.lease(.kibibytes(3), for: .replyBuffer)
        #expect(census.leased.isEmpty && lease.count == ann.held)
    }
}
