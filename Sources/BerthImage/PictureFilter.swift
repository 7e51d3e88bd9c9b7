/// Changes a picture's bytes on their way to the decoder, and checks them against limits.
///
/// A filter leaves out what no decoder needs, such as texts, thumbnails and EXIF data, because
/// decoders hold all of it, and a compressed text of a few bytes can fill gigabytes.
protocol PictureFilter: Sendable {
    /// Takes the next bytes, and adds to `out` those that the decoder gets.
    ///
    /// - Throws: ``PictureError``.
    mutating func pass(_ bytes: [UInt8], into out: inout [UInt8]) throws(PictureError)
}

extension PictureHeader {
    /// The filter of the picture, which begins with its first byte.
    func filter(_ limits: PictureLimits) -> any PictureFilter {
        switch format {
        case .jpeg: JPEGFilter(self)
        case .png: PNGFilter(self)
        case .webp: WebPFilter(limits)
        case .gif: GIFFilter(limits)
        case .avif, .heic: HEIFFilter(self, layout ?? HEIFLayout(end: 0))
        }
    }
}
