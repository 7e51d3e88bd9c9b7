package import BerthLoop

/// The part of its quotas that a tenant has used, as users and clients see it.
package struct UsageInfo: Encodable, Sendable {
    /// Calls today.
    package let requests: Int
    /// The most calls a day.
    package let requestsLimit: Int
    /// Input and output tokens today, including those reserved for running calls.
    package let tokens: Int
    /// The most tokens a day.
    package let tokensLimit: Int
    /// Pictures today, including those reserved for running calls.
    package let images: Int
    /// The most pictures a day.
    package let imagesLimit: Int
    /// When the day ends.
    package let resets: Timestamp
    /// Millionths of a dollar this month, including those reserved for running calls.
    package let spentMicros: Int64
    /// The most millionths of a dollar a month.
    package let spendLimitMicros: Int64

    private enum CodingKeys: String, CodingKey {
        case requests
        case requestsLimit = "requests_limit"
        case tokens
        case tokensLimit = "tokens_limit"
        case images
        case imagesLimit = "images_limit"
        case resets = "resets_ms"
        case spentMicros = "spent_micros"
        case spendLimitMicros = "spend_limit_micros"
    }
}
