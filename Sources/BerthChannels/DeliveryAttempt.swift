package import BerthLoop
package import BerthStore

/// One attempt of the courier to deliver a part of a reply.
@Loop package final class DeliveryAttempt {
    /// The part.
    package let part: OutboxPart
    /// Whether its sending has begun.
    private(set) var hasBegun = false
    private let record: @Loop () async throws(DeliveryError) -> Void

    init(_ part: OutboxPart, _ record: @escaping @Loop () async throws(DeliveryError) -> Void) {
        (self.part, self.record) = (part, record)
    }

    /// Records that the part is about to be sent, so that a start knows after a kill that it may
    /// have been delivered.
    ///
    /// The channel calls it once, directly before the first call that may deliver the part.
    ///
    /// - Throws: ``DeliveryError`` if that cannot be recorded. The part is not sent then.
    package func begins() async throws(DeliveryError) {
        guard !hasBegun else { return }
        try await record()
        hasBegun = true
    }
}
