/// A fault of bytes from Redis that are no valid value.
///
/// Each is a miss, and is counted.
package enum ValueFault: Error, Equatable, CaseIterable, Sendable {
    /// The bytes are too short, not from Berth, or of another version.
    case notOurs
    /// The value is of another kind or key than requested, or damaged.
    case damaged
    /// The stated size exceeds the limit.
    case tooLarge
    /// The value has expired, although Redis still has it, because its server's clock differs from
    /// this one.
    case expired
}
