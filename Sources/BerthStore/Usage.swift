package import BerthLoop

/// The amounts that a tenant has used and holds on one day.
package struct Usage: Equatable, Sendable {
    /// The tenant.
    package let tenant: Tenant.ID
    /// The day's start.
    package let day: Timestamp
    /// Charged.
    ///
    /// A request that was answered from the cache counts too.
    package var settled = Amounts()
    /// Held for calls under way.
    package var reserved = Amounts()
    /// The part of the requests that was answered from the cache.
    package var hits = 0
    /// The part of the requests whose tokens Berth estimated.
    package var estimated = 0
    /// The part of the prompts' tokens that providers read from their prompt caches.
    package var cachedTokens = 0
    /// The part of the prompts' tokens that providers wrote into their prompt caches.
    package var cacheWriteTokens = 0
}

/// The amounts that all tenants have ever used, and hold.
package struct UsageTotal: Equatable, Sendable {
    /// Charged.
    package var settled = Amounts()
    /// Held for calls under way.
    package var reserved = Amounts()
}

extension Usage {
    /// Calls, those under way included.
    package var requests: Int { Int(settled[.requests] + reserved[.requests]) }
    /// Tokens of prompts.
    package var inputTokens: Int { Int(settled[.inputTokens]) }
    /// Tokens of answers.
    package var outputTokens: Int { Int(settled[.outputTokens]) }
    /// Tokens held for calls under way.
    package var reservedTokens: Int { Int(reserved.tokens) }
    /// Tokens charged and held, as the token quota counts.
    package var tokens: Int { Int(settled.tokens + reserved.tokens) }
    /// Millionths of a dollar charged.
    package var micros: Int64 { settled[.micros] }

    /// This usage with that of another tenant on the same day.
    package func adding(_ other: Usage) -> Usage {
        var sum = self
        sum.settled = settled + other.settled
        sum.reserved = reserved + other.reserved
        sum.hits += other.hits
        sum.estimated += other.estimated
        sum.cachedTokens += other.cachedTokens
        sum.cacheWriteTokens += other.cacheWriteTokens
        return sum
    }

    /// Reads the columns that ``Connection`` selects for a day.
    init(_ row: borrowing Row) throws(StoreError) {
        tenant = row.id(0)
        day = row.timestamp(1)
        hits = row.int(2)
        settled = row.amounts(3)
        reserved = row.amounts(9)
        estimated = row.int(15)
        cachedTokens = row.int(16)
        cacheWriteTokens = row.int(17)
    }
}
