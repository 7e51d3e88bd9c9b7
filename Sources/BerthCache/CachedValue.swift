package import BerthLoop

/// A value with its times.
package struct CachedValue: Equatable, Sendable {
    /// The bytes of the value.
    package var bytes: [UInt8]
    /// The time when it was made.
    package var created: Timestamp
    /// The time from which it is no longer returned.
    package var expires: Timestamp

    /// Makes a value with its times.
    package init(bytes: [UInt8], created: Timestamp, expires: Timestamp) {
        self.bytes = bytes
        self.created = created
        self.expires = expires
    }
}
