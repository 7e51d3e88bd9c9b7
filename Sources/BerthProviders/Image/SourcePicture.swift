/// A picture that is sent with a request, such as one to edit.
///
/// It is read in pieces while the request is sent, so it is never whole in memory.
package protocol SourcePicture: Sendable {
    /// The media type, such as `image/png`.
    var kind: String { get }
    /// The size in bytes, 1 or more.
    var bytes: Int { get }
    /// Reads a part.
    ///
    /// A request that is sent again is read again from its start.
    ///
    /// - Parameters:
    ///   - offset: the first byte, 0 or more.
    ///   - count: the most bytes, 1 to 64 Ki.
    /// - Returns: 1 byte or more.
    /// - Throws: ``ProviderError/untranslatable(provider:reason:)`` if the picture cannot be read.
    func read(at offset: Int, count: Int) async throws(ProviderError) -> [UInt8]
}
