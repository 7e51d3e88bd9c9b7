package import BerthLoop

/// A request's body that is read while it is sent, so it is never whole in memory.
///
/// It is read once, so its request is never sent again.
@Loop package protocol HTTPUpload: AnyObject, Sendable {
    /// The size in bytes, 1 or more.
    nonisolated var length: Int { get }
    /// Returns the next piece of 1 to 64 Ki bytes, or nil at the end.
    ///
    /// - Throws: an error if the body cannot be read, which ends the exchange.
    func next() async throws -> [UInt8]?
}
