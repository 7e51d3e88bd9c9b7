/// The number of a store's verbs that were accepted since it was opened.
///
/// A verb counts before it runs. One that is refused because too many wait does not count.
package struct VerbCounts: Equatable, Sendable {
    /// Verbs that only read.
    package var reads = 0
    /// Verbs that change something.
    ///
    /// Each is one commit, or a part of one that it shares.
    package var writes = 0
}
