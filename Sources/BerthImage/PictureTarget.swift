package import BerthMemory

/// The wanted form of a converted picture.
package struct PictureTarget: Equatable, Sendable {
    /// The format: JPEG, PNG, WebP, or, slowly, AVIF.
    package let format: PictureFormat
    /// The most pixels of a side.
    ///
    /// A smaller picture keeps its size.
    package let side: Int
    /// The most bytes, or nil for any number.
    package let bytes: ByteCount?
    /// libvips's suffix of the format with the options of its saver.
    let saver: String

    /// Makes a target.
    ///
    /// - Parameters:
    ///   - format: JPEG, PNG, WebP or AVIF. A JPEG has white instead of transparent pixels.
    ///   - side: the most pixels of a side, 1 or more.
    ///   - bytes: the most bytes. A picture that has more is made smaller.
    package init(_ format: PictureFormat, side: Int, bytes: ByteCount? = nil) {
        let saver =
            switch format {
            case .jpeg: ".jpg[Q=85,strip]"
            case .webp: ".webp[Q=80,effort=2,strip]"
            case .avif: ".avif[Q=55,effort=0,strip]"
            case .png, .gif, .heic: ".png[compression=6,strip]"
            }
        let isWritten = [.jpeg, .webp, .avif].contains(format)
        self.init(isWritten ? format : .png, side: side, bytes: bytes, saver: saver)
    }

    /// Makes a target with a saver of its own, for tests, the benchmark and the fuzzer.
    package init(_ format: PictureFormat, side: Int, bytes: ByteCount? = nil, saver: String) {
        self.format = format
        self.side = max(1, side)
        self.bytes = bytes
        self.saver = saver
    }

    /// A thumbnail for lists and pages.
    package static let thumbnail = PictureTarget(.jpeg, side: 512)

    /// The target with half of the side.
    var halved: PictureTarget { PictureTarget(format, side: side / 2, bytes: bytes, saver: saver) }

    /// The target with about three quarters of the side, for a result with too many bytes.
    func smaller(than width: Int, _ height: Int) -> PictureTarget {
        let side = max(1, min(self.side, max(width, height)) * 3 / 4)
        return PictureTarget(format, side: side, bytes: bytes, saver: saver)
    }
}
