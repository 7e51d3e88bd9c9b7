/// The place where a converted picture or an original goes, on a thread that may block.
package protocol PictureSink: Sendable {
    /// Writes all `bytes`.
    ///
    /// - Throws: ``PictureError/notWritten(_:)``, or ``PictureError/cancelled`` if nobody reads them.
    func write(_ bytes: [UInt8]) throws(PictureError)

    /// Forgets what was written, because the picture is made again.
    ///
    /// - Returns: false if the bytes are gone.
    func restart() -> Bool
}
