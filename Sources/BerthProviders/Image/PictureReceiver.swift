package import BerthLoop
package import BerthMemory

/// The destination of the pictures of one call, which come one after the other.
///
/// Their bytes are passed on as they come and are never whole in memory. A receiver that refuses,
/// such as at a quota, throws ``ProviderError/cancelled`` and remembers the reason itself.
@Loop package protocol PictureReceiver: AnyObject {
    /// A picture begins. One that was begun before and not finished is given up.
    ///
    /// - Parameters:
    ///   - kind: the media type, as the provider names it; nil if it names none. The content may
    ///     be something else.
    ///   - length: the size, or nil if it is unknown.
    /// - Throws: ``ProviderError``.
    func begin(kind: String?, length: ByteCount?) async throws(ProviderError)
    /// Takes the next bytes of the picture, 1 to 64 Ki.
    ///
    /// - Throws: ``ProviderError``.
    func write(_ bytes: [UInt8]) async throws(ProviderError)
    /// The picture is complete.
    ///
    /// A picture that ends in an error instead is not finished.
    ///
    /// - Throws: ``ProviderError``.
    func finish() async throws(ProviderError)
}
