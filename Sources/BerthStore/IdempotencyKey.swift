package import BerthLoop
package import BerthMemory

/// A client's name for one request, by which the request may be repeated without buying it twice.
package struct IdempotencyKey: Hashable, Sendable {
    /// SHA-256 of the client's text, 32 bytes.
    package let name: [UInt8]
    /// SHA-256 of the request, 32 bytes.
    package let request: [UInt8]

    /// A key is kept this long after its request was reserved.
    package static let lifetime = Duration.seconds(86_400)
    /// The most bytes of all outcomes of a tenant, or its disk quota if that is less.
    package static let mostKept = ByteCount.mebibytes(16)

    /// Makes a key from two hashes.
    package init(name: [UInt8], request: [UInt8]) {
        self.name = name
        self.request = request
    }
}

/// The outcome of a request with an ``IdempotencyKey``, as it was told to the client.
package struct KeptOutcome: Equatable, Sendable {
    /// The HTTP status.
    package var status: Int
    /// The content type of the body.
    package var type: String
    /// The body.
    package var body: [UInt8]

    /// Makes an outcome.
    package init(status: Int, type: String, body: [UInt8]) {
        self.status = status
        self.type = type
        self.body = body
    }
}

/// The state of an ``IdempotencyKey`` of a tenant.
package enum KeyRecord: Equatable, Sendable {
    /// Nothing was bought under the name. The tenant has `count` other keys, the oldest of which
    /// expires at `next`.
    case free(count: Int, next: Timestamp?)
    /// The name belongs to another request.
    case reused
    /// A call was reserved and its outcome was not written, so it may have been bought.
    case unknown
    /// The request has ended, and its outcome was too large to be kept.
    case notKept
    /// The outcome is kept. Its body has this size.
    case kept(ByteCount)
}
