import BerthConfig
import BerthLoop
import Testing

@testable import BerthBot

@Suite struct TenantBookTests {
    private static let noon =
        Timestamp(milliseconds: 1_760_000_000_000).startOfDay + .seconds(43200)

    private func quotas(_ change: (inout Quotas) -> Void) -> Quotas {
        var quotas = Quotas()
        change(&quotas)
        return quotas
    }

    @Test func `a hundred that race overspend by nothing, and settle by their error alone`() throws
    {
        let quotas = quotas {
            $0.requestsPerDay = 1_000
            $0.tokensPerDay = .max
            $0.spendPerMonth = Money(micros: 1_000)
        }
        var book = TenantBook(nil, at: Self.noon)
        var held: [TenantBook.Hold] = []
        for _ in 0..<100 {
            if let hold = try? book.hold(tokens: 5, micros: 30, within: quotas, at: Self.noon) {
                held.append(hold)
            }
        }
        #expect(held.count == 33)
        #expect(book.micros == 990)
        // One call cost more than it reserved: no other may begin until it is made good.
        book.settle(held[0], tokens: 9, micros: 45)
        #expect(book.micros == 1_005)
        for hold in held.dropFirst() { book.settle(hold, tokens: 1, micros: 10) }
        #expect(book.micros == 45 + 32 * 10)
    }

    @Test func `a refusal names the quota, what is used, the limit and the end`() {
        let quotas = quotas { $0.spendPerMonth = Money(micros: 5_000_000) }
        var book = TenantBook(nil, spent: 4_990_000, at: Self.noon)
        let refusal = #expect(throws: QuotaRefusal.self) {
            try book.hold(tokens: 1, micros: 20_000, within: quotas, at: Self.noon)
        }
        #expect(refusal?.description.hasPrefix("4.99 of 5.00 dollars per month are used") == true)
        #expect(refusal?.resets == Self.noon.endOfMonth)
        #expect(book.requests == 0 && book.tokens == 0)
        // What is free goes on.
        #expect((try? book.hold(tokens: 1, micros: 0, within: quotas, at: Self.noon)) != nil)
    }

    @Test func `a new day has nothing used, and what was held in the old one stays its`() throws {
        let quotas = quotas { $0.requestsPerDay = 1 }
        var book = TenantBook(nil, at: Self.noon)
        let hold = try book.hold(tokens: 100, micros: 7, within: quotas, at: Self.noon)
        #expect((try? book.countHit(within: quotas, at: Self.noon)) == nil)
        let morning = Self.noon.endOfDay
        try book.countHit(within: quotas, at: morning)
        #expect(book.requests == 1 && book.tokens == 0)
        book.settle(hold, tokens: 60, micros: 5)
        #expect(book.tokens == 0)
        #expect(book.micros == 5)
        book.release(hold)
        #expect(book.requests == 1)
    }

    @Test func `a new month has nothing spent`() throws {
        let quotas = quotas { $0.spendPerMonth = Money(micros: 10) }
        var book = TenantBook(nil, spent: 3, at: Self.noon)
        let hold = try book.hold(tokens: 1, micros: 7, within: quotas, at: Self.noon)
        #expect((try? book.hold(tokens: 1, micros: 1, within: quotas, at: Self.noon)) == nil)
        let next = Self.noon.endOfMonth
        _ = try book.hold(tokens: 1, micros: 10, within: quotas, at: next)
        book.settle(hold, tokens: 1, micros: 7)
        #expect(book.micros == 10)
    }

    @Test func `numbers beyond all measure saturate`() {
        let quotas = quotas {
            $0.tokensPerDay = .max
            $0.spendPerMonth = Money(micros: .max)
        }
        var book = TenantBook(nil, at: Self.noon)
        for _ in 0..<3 {
            let hold = try? book.hold(
                tokens: .max,
                micros: .max,
                within: quotas,
                at: Self.noon
            )
            if let hold { book.settle(hold, tokens: .max, micros: .max) }
        }
        #expect(book.tokens == .max && book.micros == .max)
    }
}
