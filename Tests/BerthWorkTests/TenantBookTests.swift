import BerthConfig
import BerthLoop
import BerthStore
import Testing

@testable import BerthWork

@Suite struct TenantBookTests {
    private static let noon =
        Timestamp(milliseconds: 1_760_000_000_000).startOfDay + .seconds(43200)

    private func quotas(_ change: (inout Quotas) -> Void) -> Quotas {
        var quotas = Quotas()
        change(&quotas)
        return quotas
    }

    /// One request of `tokens` output tokens for `micros`.
    private func amounts(_ tokens: Int64, _ micros: Int64) -> Amounts {
        Amounts((.requests, 1), (.outputTokens, tokens), (.micros, micros))
    }

    @Test func `a hundred that race overspend by nothing, and settle by their error alone`() throws
    {
        let quotas = quotas {
            $0.requestsPerDay = 1_000
            $0.tokensPerDay = .max
            $0.spendPerMonth = Money(micros: 1_000)
        }
        var book = TenantBook(at: Self.noon)
        var held: [TenantBook.Hold] = []
        for _ in 0..<100 {
            if let hold = try? book.hold(amounts(5, 30), within: quotas, at: Self.noon) {
                held.append(hold)
            }
        }
        #expect(held.count == 33)
        #expect(book.thisMonth[.micros] == 990)
        // One call cost more than it reserved. No other may begin until the others have settled.
        book.settle(held[0], at: amounts(9, 45))
        #expect(book.thisMonth[.micros] == 1_005)
        for hold in held.dropFirst() { book.settle(hold, at: amounts(1, 10)) }
        #expect(book.thisMonth[.micros] == 45 + 32 * 10)
    }

    @Test func `a refusal names the quota, the use, the limit and the end`() {
        let quotas = quotas { $0.spendPerMonth = Money(micros: 5_000_000) }
        var book = TenantBook(thisMonth: Amounts((.micros, 4_990_000)), at: Self.noon)
        let refusal = #expect(throws: QuotaRefusal.self) {
            _ = try book.hold(amounts(1, 20_000), within: quotas, at: Self.noon)
        }
        #expect(refusal?.description.hasPrefix("4.99 of 5.00 dollars per month are used") == true)
        #expect(refusal?.resets == Self.noon.endOfMonth)
        #expect(book.today == Amounts())
        // A call that costs nothing goes on.
        #expect((try? book.hold(amounts(1, 0), within: quotas, at: Self.noon)) != nil)
    }

    @Test(arguments: [
        (-5, "1 second"), (1, "1 second"), (90, "90 seconds"), (120, "2 minutes"),
        (7_199, "120 minutes"), (72_000, "20 hours"), (71_999, "20 hours"), (400_000, "5 days"),
    ])
    func `a refusal says how long to wait, not until when`(seconds: Int, time: String) {
        let refusal = QuotaRefusal(
            quota: .requestsPerDay,
            used: 2,
            asked: 1,
            limit: 2,
            resets: Self.noon
        )
        #expect(
            BotError.overQuota(refusal, wait: .seconds(seconds)).description
                == "2 of 2 requests per day are used, and this request needs 1: try again in "
                + "\(time), or ask the operator for more"
        )
    }

    @Test func `a time before the day is charged to the day, and gives nothing anew`() throws {
        let quotas = quotas { $0.requestsPerDay = 1 }
        var book = TenantBook(at: Self.noon)
        _ = try book.hold(amounts(1, 7), within: quotas, at: Self.noon)
        for days in [-1, -40, -400] {
            let before = Self.noon + .seconds(86_400 * days)
            let refusal = #expect(throws: QuotaRefusal.self) {
                _ = try book.hold(amounts(1, 7), within: quotas, at: before)
            }
            #expect(refusal?.resets == Self.noon.endOfDay)
            #expect(book.thisMonth[.micros] == 7)
        }
    }

    @Test func `a new day has nothing used, and a hold of the old day is settled there`() throws {
        let quotas = quotas { $0.requestsPerDay = 1 }
        let hit = Amounts((.requests, 1))
        var book = TenantBook(at: Self.noon)
        let hold = try book.hold(amounts(100, 7), within: quotas, at: Self.noon)
        #expect((try? book.hold(hit, within: quotas, at: Self.noon)) == nil)
        let morning = Self.noon.endOfDay
        _ = try book.hold(hit, within: quotas, at: morning)
        #expect(book.today == hit)
        book.settle(hold, at: amounts(60, 5))
        #expect(book.today.tokens == 0)
        #expect(book.thisMonth[.micros] == 5)
        book.release(hold)
        #expect(book.today[.requests] == 1)
    }

    @Test func `a new month has nothing spent`() throws {
        let quotas = quotas { $0.spendPerMonth = Money(micros: 10) }
        var book = TenantBook(thisMonth: Amounts((.micros, 3)), at: Self.noon)
        let hold = try book.hold(amounts(1, 7), within: quotas, at: Self.noon)
        #expect((try? book.hold(amounts(1, 1), within: quotas, at: Self.noon)) == nil)
        let next = Self.noon.endOfMonth
        _ = try book.hold(amounts(1, 10), within: quotas, at: next)
        book.settle(hold, at: amounts(1, 7))
        #expect(book.thisMonth[.micros] == 10)
    }

    @Test func `numbers beyond all measure stay at the largest amount`() {
        let quotas = quotas {
            $0.tokensPerDay = .max
            $0.spendPerMonth = Money(micros: .max)
        }
        var book = TenantBook(at: Self.noon)
        for _ in 0..<3 {
            let hold = try? book.hold(amounts(.max, .max), within: quotas, at: Self.noon)
            if let hold { book.settle(hold, at: amounts(.max, .max)) }
        }
        #expect(book.today[.outputTokens] == Amounts.most)
        #expect(book.thisMonth[.micros] == Amounts.most)
    }

    @Test(arguments: [
        (QuotaKey.requestsPerDay, Amounts((.requests, 2))),
        (.tokensPerDay, Amounts((.inputTokens, 1), (.outputTokens, 1))),
        (.imagesPerDay, Amounts((.images, 2))), (.spendPerMonth, Amounts((.micros, 2))),
    ])
    func `every quota is checked by its own amounts`(key: QuotaKey, asked: Amounts) {
        var quotas = Quotas()
        for other in QuotaKey.allCases { quotas[other] = 1_000 }
        quotas[key] = 1
        var book = TenantBook(at: Self.noon)
        let refusal = #expect(throws: QuotaRefusal.self) {
            _ = try book.hold(asked, within: quotas, at: Self.noon)
        }
        #expect(refusal?.quota == key && refusal?.asked == 2 && refusal?.limit == 1)
        #expect(book.today == Amounts() && book.thisMonth == Amounts())
    }
}
