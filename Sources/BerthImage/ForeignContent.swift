/// Content that is no picture which Berth reads.
package enum ForeignContent: String, Sendable {
    case nothing = "nothing"
    case svg = "an SVG drawing"
    case html = "a web page"
    case xml = "XML"
    case pdf = "a PDF document"
    case json = "JSON"
    case tiff = "a TIFF picture"
    case bmp = "a BMP picture"
    case jxl = "a JPEG XL picture"
    case video = "a video"
    case unknown = "no known picture"

    /// Recognises content by its first bytes.
    init(_ bytes: ByteReader) {
        if bytes.count == 0 {
            self = .nothing
        } else if let magic = ForeignContent.magics.first(where: { bytes.has($0.bytes, at: 0) }) {
            self = magic.content
        } else {
            self = ForeignContent.text(bytes)
        }
    }

    private static let magics: [(bytes: [UInt8], content: ForeignContent)] = [
        (Array("%PDF".utf8), .pdf), (Array("II*\0".utf8), .tiff), (Array("MM\0*".utf8), .tiff),
        (Array("BM".utf8), .bmp), ([0xFF, 0x0A], .jxl), ([0, 0, 0, 12, 0x4A, 0x58, 0x4C], .jxl),
        ([0x1A, 0x45, 0xDF, 0xA3], .video),
    ]

    /// Recognises markup, which may begin with a byte order mark and white space.
    private static func text(_ bytes: ByteReader) -> ForeignContent {
        let skipped: Set<UInt8> = [0xEF, 0xBB, 0xBF, 0x20, 0x09, 0x0A, 0x0D]
        let start = bytes.bytes.prefix(PictureFormat.most).drop { skipped.contains($0) }
        let text = String(decoding: start, as: UTF8.self).lowercased()
        if text.hasPrefix("{") || text.hasPrefix("[") { return .json }
        guard text.hasPrefix("<") else { return .unknown }
        if text.contains("<svg") { return .svg }
        if text.contains("<html") || text.contains("<!doctype html") { return .html }
        return .xml
    }
}
