package import BerthLoop

/// The right of one process to work on turns, for a time.
package struct TurnClaim: Equatable, Sendable {
    /// The process, by a name that no other process has.
    package var owner: String
    /// Another process may claim the turns from then on.
    package var until: Timestamp

    /// Makes a claim.
    package init(owner: String, until: Timestamp) {
        self.owner = owner
        self.until = until
    }
}
