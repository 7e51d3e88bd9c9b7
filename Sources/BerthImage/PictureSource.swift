package import BerthMemory

/// The bytes of a picture, read in order on a thread that may block.
package protocol PictureSource: Sendable {
    /// The number of bytes, or nil if it is not known.
    var size: ByteCount? { get }

    /// Reads the next bytes, at least one and at most `most`, or none at the end.
    ///
    /// - Throws: ``PictureError``. A read that ``stop()`` has ended throws ``PictureError/cancelled``.
    func read(atMost most: Int) throws(PictureError) -> [UInt8]

    /// Begins again at the first byte, also after ``stop()``.
    ///
    /// - Returns: false if the bytes are gone.
    func rewind() -> Bool

    /// Ends the current read and all later ones. A conversion that fails calls it.
    ///
    /// It is called on any thread.
    func stop()
}
