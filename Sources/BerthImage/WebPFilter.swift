/// Leaves the first frame of a WebP, and counts the others.
///
/// The file's header states its size, so that unneeded chunks are renamed instead of left out.
struct WebPFilter: PictureFilter {
    private let limits: PictureLimits
    private var held: [UInt8] = []
    private var left = 0
    private var isStarted = false
    private var frames = 0

    /// The most bytes of EXIF data, which libvips reads for its orientation.
    private static let mostData = 64 << 10

    init(_ limits: PictureLimits) { self.limits = limits }

    mutating func pass(_ bytes: [UInt8], into out: inout [UInt8]) throws(PictureError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            if left > 0 {
                let part = rest.prefix(left)
                rest = rest.dropFirst(left)
                out += part
                left -= part.count
                continue
            }
            let missing = (isStarted ? 8 : 12) - held.count
            held += rest.prefix(missing)
            rest = rest.dropFirst(missing)
            if held.count == (isStarted ? 8 : 12) {
                if isStarted { try begin() }
                out += held
                held = []
                isStarted = true
            }
        }
    }

    private mutating func begin() throws(PictureError) {
        let head = ByteReader(held)
        let size = head.little(4, 4) ?? 0
        left = size + size % 2
        if head.has("ANMF", at: 0) {
            frames += 1
            try limits.check(frames: frames)
        }
        let isLong = head.has("EXIF", at: 0) && size > WebPFilter.mostData
        let isFurther = head.has("ANMF", at: 0) && frames > 1
        if isLong || isFurther || head.has("XMP ", at: 0) {
            held.replaceSubrange(0..<4, with: "SKIP".utf8)
        }
    }
}
