/// One tenant's memory in bytes, as `berth memory --tenant` prints it.
package struct TenantMemoryReport: Codable, Sendable {
    /// The tenant's account.
    package let account: MemoryReport.Tenant
    /// The bytes that each tenant is guaranteed.
    package let share: Int
    /// The bytes that any tenant may still lease.
    package let free: Int
    /// The bytes leased now, by purpose.
    package let lines: [MemoryReport.Line]
    /// The median of the bytes held, over the seconds in which any were, or nil if none were.
    package let p50: Int?
    /// The 95th percentile of the bytes held, likewise.
    package let p95: Int?
}
