package import BerthLoop

/// Verbs for what tenants have used, by day.
///
/// A day is one of the process's time zone.
package protocol UsageStore: Sendable {
    /// Counts answers from the cache as requests of tenants. They cost nothing else.
    func countHits(_ hits: [Tenant.ID: Int], at now: Timestamp) async throws(StoreError)

    /// A tenant's usage on the day of `now`. Zeros where nothing was used.
    func usage(of tenant: Tenant.ID, on now: Timestamp) async throws(StoreError) -> Usage

    /// Every tenant's days from the day of `start` to that of `end`, both included, by day and
    /// tenant, and those of the house, whose id is ``Tenant/house``. Days without use are left out.
    func usage(from start: Timestamp, through end: Timestamp) async throws(StoreError) -> [Usage]

    /// The money that every tenant was charged and holds since the day of `start`, in millionths of
    /// a dollar.
    func spend(since start: Timestamp) async throws(StoreError) -> [Tenant.ID: Int64]

    /// The usage of all tenants at all times, removed ones included.
    func usageTotal() async throws(StoreError) -> UsageTotal
}

extension Connection {
    func countHits(
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

    func usage(of tenant: Tenant.ID, on now: Timestamp) throws(StoreError) -> Usage {
        try first(
            """
            SELECT tenant, day_ms, hits,
                requests, input_tokens, output_tokens, images, micros, disk_bytes,
                reserved_requests, reserved_input_tokens, reserved_output_tokens,
                reserved_images, reserved_micros, reserved_disk_bytes,
                estimated, cached_tokens, cache_write_tokens
            FROM usage_day WHERE tenant = ? AND day_ms = ?
            """,
            tenant,
            now.startOfDay,
            row: Usage.init
        ) ?? Usage(tenant: tenant, day: now.startOfDay)
    }

    func usage(from start: Timestamp, through end: Timestamp) throws(StoreError) -> [Usage] {
        try all(
            """
            SELECT tenant, day_ms, hits,
                requests, input_tokens, output_tokens, images, micros, disk_bytes,
                reserved_requests, reserved_input_tokens, reserved_output_tokens,
                reserved_images, reserved_micros, reserved_disk_bytes,
                estimated, cached_tokens, cache_write_tokens
            FROM usage_day WHERE day_ms BETWEEN ?1 AND ?2
            UNION ALL
            SELECT ?3, day_ms, 0,
                total(requests), total(input_tokens), total(output_tokens), total(images),
                total(micros), total(disk_bytes), 0, 0, 0, 0, 0, 0,
                count(*), total(cached_tokens), total(cache_write_tokens)
            FROM call WHERE state = 'absorbed' AND day_ms BETWEEN ?1 AND ?2 GROUP BY day_ms
            ORDER BY 2, 1
            """,
            start.startOfDay,
            end.startOfDay,
            Tenant.house,
            row: Usage.init
        )
    }

    // `total` adds as floating point: `sum` refuses sums above 63 bits, which one damaged number
    // makes.
}

extension Database: UsageStore {
    package nonisolated func countHits(
        _ hits: [Tenant.ID: Int],
        at now: Timestamp
    ) async throws(StoreError) {
        let counted = hits.sorted { $0.key < $1.key }
        try await write { store throws(StoreError) in
            for (tenant, count) in counted { try store.countHits(count, of: tenant, at: now) }
        }
    }

    package nonisolated func usage(
        of tenant: Tenant.ID,
        on now: Timestamp
    ) async throws(StoreError) -> Usage {
        try await read { store throws(StoreError) in try store.usage(of: tenant, on: now) }
    }

    package nonisolated func usage(
        from start: Timestamp,
        through end: Timestamp
    ) async throws(StoreError) -> [Usage] {
        try await read { store throws(StoreError) in try store.usage(from: start, through: end) }
    }

    package nonisolated func spend(
        since start: Timestamp
    ) async throws(StoreError) -> [Tenant.ID: Int64] {
        try await read { store throws(StoreError) in
            let rows = try store.all(
                """
                SELECT tenant, total(micros + reserved_micros) FROM usage_day WHERE day_ms >= ?
                GROUP BY tenant
                """,
                start.startOfDay
            ) { row throws(StoreError) in (row.id(0) as Tenant.ID, Int64(row.int(1))) }
            return Dictionary(uniqueKeysWithValues: rows)
        }
    }

    package nonisolated func usageTotal() async throws(StoreError) -> UsageTotal {
        try await read { store throws(StoreError) in
            try store.first(
                """
                SELECT total(requests), total(input_tokens),
                    total(output_tokens), total(images),
                    total(micros), total(disk_bytes),
                    total(reserved_requests), total(reserved_input_tokens),
                    total(reserved_output_tokens), total(reserved_images),
                    total(reserved_micros), total(reserved_disk_bytes)
                FROM usage_day
                """
            ) { row throws(StoreError) in
                UsageTotal(settled: row.amounts(0), reserved: row.amounts(6))
            } ?? UsageTotal()
        }
    }
}
