/// A reference to a lease, for places that cannot hold a noncopyable value: an answer, a closure, a
/// collection.
package final class LeaseHolder: Sendable {
    private let lease: MemoryLease

    /// Keeps `lease` until the holder is released.
    package init(_ lease: consuming MemoryLease) { self.lease = lease }
}
