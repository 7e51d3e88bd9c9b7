/// The use of leased memory, which is the second level of the ledger below the tenant.
package enum MemoryPurpose: Int, CaseIterable, Sendable, CustomStringConvertible {
    /// The body of a request, while it is read, parsed and sent to a provider.
    case requestBody
    /// A session's recent messages and the prompt built from them.
    case sessionWindow
    /// The answer of a turn, while a client may still read it.
    case replyBuffer
    /// The copy of a request to a provider, and the unread bytes of its answer.
    case upstreamTransfer
    /// An answer in the response cache.
    case cacheEntry
    /// A value on its way to or from Redis, compressed and uncompressed.
    case compression
    /// An answer that several callers read, from its first byte.
    case sharedAnswer
    /// A call that waits for its provider, and the connections that wait with it.
    case queueEntry
    /// A picture while it is converted.
    case picture

    package var description: String {
        switch self {
        case .requestBody: "request body"
        case .sessionWindow: "session window"
        case .replyBuffer: "reply buffer"
        case .upstreamTransfer: "upstream transfer"
        case .cacheEntry: "cache entry"
        case .compression: "compression"
        case .sharedAnswer: "shared answer"
        case .queueEntry: "queue entry"
        case .picture: "picture"
        }
    }
}
