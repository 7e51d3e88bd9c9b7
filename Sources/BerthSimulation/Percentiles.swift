/// Latency percentiles, in milliseconds.
package struct Percentiles: Codable, Equatable, Sendable {
    /// The median.
    package let p50: Int
    /// The 95th percentile: one in twenty takes longer.
    package let p95: Int
    /// The 99th percentile: one in a hundred takes longer.
    package let p99: Int
}
