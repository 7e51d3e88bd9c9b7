package import BerthLoop

/// What a tenant has used on one day.
package struct Usage: Equatable, Sendable {
    /// Whose it is.
    package let tenant: Tenant.ID
    /// The day's start.
    package let day: Timestamp
    /// Calls, those under way included.
    package let requests: Int
    /// Tokens of prompts.
    package let inputTokens: Int
    /// Tokens of answers.
    package let outputTokens: Int
    /// Held for calls under way.
    package let reservedTokens: Int
    /// Millionths of a dollar.
    package let micros: Int64

    /// Used and held, as the token quota counts; saturates.
    package var tokens: Int {
        inputTokens.saturatingAdding(outputTokens).saturatingAdding(reservedTokens)
    }
}

/// What all tenants have ever used.
package struct UsageTotal: Equatable, Sendable {
    /// Calls.
    package let requests: Int
    /// Tokens of prompts.
    package let inputTokens: Int
    /// Tokens of answers.
    package let outputTokens: Int
    /// Held for calls under way.
    package let reservedTokens: Int
    /// Millionths of a dollar.
    package let micros: Int64
}

extension Usage {
    init(_ row: borrowing Row) throws(StoreError) {
        tenant = row.id(0)
        day = row.timestamp(1)
        requests = row.int(2)
        inputTokens = row.int(3)
        outputTokens = row.int(4)
        reservedTokens = row.int(5)
        micros = row.int64(6)
    }
}

extension Connection {
    /// A tenant's day in the process's time zone; zeros where nothing was used.
    package func usage(
        of tenant: Tenant.ID,
        on now: Timestamp
    ) throws(StoreError) -> Usage {
        let day = now.startOfDay
        let usage = try first(
            """
            SELECT tenant, day_ms, requests, input_tokens, output_tokens, reserved_tokens, micros
            FROM usage_day WHERE tenant = ? AND day_ms = ?
            """,
            tenant,
            day,
            row: Usage.init
        )
        return usage
            ?? Usage(
                tenant: tenant,
                day: day,
                requests: 0,
                inputTokens: 0,
                outputTokens: 0,
                reservedTokens: 0,
                micros: 0
            )
    }

    /// Counts answers from the cache as requests of the tenant's: they cost nothing else.
    package func countHits(
        _ hits: Int,
        of tenant: Tenant.ID,
        at now: Timestamp
    ) throws(StoreError) {
        try run(
            """
            INSERT INTO usage_day (tenant, day_ms, requests, hits) VALUES (?1, ?2, ?3, ?3)
            ON CONFLICT DO UPDATE SET requests = requests + ?3, hits = hits + ?3
            """,
            tenant,
            now.startOfDay,
            hits
        )
    }

    /// What every tenant was charged since `start`, in millionths of a dollar.
    package func spend(since start: Timestamp) throws(StoreError) -> [Tenant.ID: Int64] {
        let rows = try all(
            "SELECT tenant, sum(micros) FROM usage_day WHERE day_ms >= ? GROUP BY tenant",
            start
        ) { row throws(StoreError) in (row.id(0) as Tenant.ID, row.int64(1)) }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// Every tenant's days from the day of `start` to that of `end`, both included, by day and
    /// tenant; days without use are left out.
    package func usage(
        from start: Timestamp,
        through end: Timestamp
    ) throws(StoreError) -> [Usage] {
        try all(
            """
            SELECT tenant, day_ms, requests, input_tokens, output_tokens, reserved_tokens, micros
            FROM usage_day WHERE day_ms BETWEEN ? AND ? ORDER BY day_ms, tenant
            """,
            start.startOfDay,
            end.startOfDay,
            row: Usage.init
        )
    }

    /// What all tenants have ever used, removed ones included: for metrics.
    package func usageTotal() throws(StoreError) -> UsageTotal {
        let total = try first(
            """
            SELECT coalesce(sum(requests), 0), coalesce(sum(input_tokens), 0),
                coalesce(sum(output_tokens), 0), coalesce(sum(reserved_tokens), 0),
                coalesce(sum(micros), 0)
            FROM usage_day
            """
        ) { row throws(StoreError) in
            UsageTotal(
                requests: row.int(0),
                inputTokens: row.int(1),
                outputTokens: row.int(2),
                reservedTokens: row.int(3),
                micros: row.int64(4)
            )
        }
        return total
            ?? UsageTotal(
                requests: 0,
                inputTokens: 0,
                outputTokens: 0,
                reservedTokens: 0,
                micros: 0
            )
    }
}

extension Int {
    /// The sum, or the largest number where it would be larger.
    fileprivate func saturatingAdding(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
