package import BerthLoop

/// A gate's answer to who is next.
package enum Admission: Sendable {
    /// Go.
    case now(Permit)
    /// As much runs as may: until a call ends.
    case busy
    /// The rate or the provider's own word allows nothing before this instant.
    case wait(until: Instant)
    /// The provider is not to be counted on; who can goes elsewhere. `until`: when it is tried
    /// again; nil: a call is trying right now.
    case closed(ClosedReason, until: Instant?)
}

/// Why a provider is not to be counted on.
package enum ClosedReason: Hashable, Sendable, CustomStringConvertible {
    /// Its calls failed and it is left alone for a while.
    case failing
    /// It asked for a longer pause than is waited out without trying elsewhere.
    case paused

    package var description: String {
        switch self {
        case .failing: "keeps failing and is left alone"
        case .paused: "asks for a pause"
        }
    }
}
