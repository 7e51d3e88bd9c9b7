/// A tenant's own limits, 0 or more each.
///
/// A limit that is nil has the configuration's default.
package struct TenantQuotas: Equatable, Sendable {
    /// Calls a day.
    package var requestsPerDay: Int?
    /// Tokens in and out a day.
    package var tokensPerDay: Int?
    /// Pictures a day.
    package var imagesPerDay: Int?
    /// Millionths of a dollar a month.
    package var spendPerMonthMicros: Int64?
    /// Bytes held at once.
    package var memoryBytes: Int?
    /// Bytes on disk.
    package var diskBytes: Int?
    /// Files on disk.
    package var files: Int?

    /// All of them the configuration's defaults.
    package init() {}
}
