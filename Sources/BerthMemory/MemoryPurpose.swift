/// What leased memory is for; the second level of the ledger, below the tenant.
package enum MemoryPurpose: Int, CaseIterable, Sendable, CustomStringConvertible {
    /// The body of a request, while it is read, parsed and asked with.
    case requestBody
    /// A session's recent messages and the prompt built from them.
    case sessionWindow
    /// The answer of a turn, for as long as somebody may still read it.
    case replyBuffer
    /// Our copy of what a provider is asked, and its bytes that nobody has read yet.
    case upstreamTransfer
    /// Answers kept for whoever asks the same again.
    case cacheEntry
    /// A value on its way to Redis or back, packed and unpacked.
    case compression
    /// An answer that several tenants wait for, from its first byte.
    case sharedAnswer
    /// A call that waits for its provider, and its listeners.
    case queueEntry

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
        }
    }
}
