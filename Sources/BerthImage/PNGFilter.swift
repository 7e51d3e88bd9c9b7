import CZlib

/// Leaves only the chunks of a PNG that its decoder needs.
///
/// libpng decompresses each text, of which a file can have hundreds of 8 MiB in a few kilobytes.
struct PNGFilter: PictureFilter {
    private enum State {
        case head
        case chunk(left: Int, isKept: Bool)
        case end
    }

    private let header: PictureHeader
    private var state = State.head
    /// The bytes of a chunk's length and type that have come, or of the file's signature.
    private var held: [UInt8] = []
    private var isStarted = false

    private static let kept: Set<Int> = Set(
        ["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "sRGB", "cHRM", "sBIT"].map(
            ByteReader.code
        )
    )
    private static let ihdr = ByteReader.code("IHDR")

    init(_ header: PictureHeader) { self.header = header }

    mutating func pass(_ bytes: [UInt8], into out: inout [UInt8]) throws(PictureError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            switch state {
            case .end: return
            case .head:
                let missing = 8 - held.count
                held += rest.prefix(missing)
                rest = rest.dropFirst(missing)
                if held.count == 8 { try begin(&out) }
            case .chunk(let left, let isKept):
                let part = rest.prefix(left)
                rest = rest.dropFirst(left)
                if isKept { out += part }
                if part.count < left {
                    state = .chunk(left: left - part.count, isKept: isKept)
                } else {
                    endChunk(&out)
                }
            }
        }
    }

    private var type = 0

    private mutating func begin(_ out: inout [UInt8]) throws(PictureError) {
        defer { held = [] }
        guard isStarted else {
            isStarted = true
            out += held
            return
        }
        let head = ByteReader(held)
        guard let length = head.u32(0), let type = head.code(4), length <= Int(Int32.max) else {
            throw .broken(.png)
        }
        let isProfile = type == PNGHeader.iccp && header.hasProfile
        let isKept = isProfile || PNGFilter.kept.contains(type)
        if isKept { out += held }
        self.type = type
        state = .chunk(left: length + 4, isKept: isKept)
    }

    private mutating func endChunk(_ out: inout [UInt8]) {
        state = type == PNGHeader.iend ? .end : .head
        guard type == PNGFilter.ihdr, header.orientation != 1 else { return }
        out += PNGFilter.chunk("eXIf", EXIF.data(orientation: header.orientation))
    }

    /// A chunk with its length and checksum.
    static func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + content
        let sum = unsafe crc32(0, body, UInt32(clamping: body.count))
        return bytes(content.count) + body + bytes(Int(sum))
    }

    /// A big-endian number of four bytes.
    static func bytes(_ number: Int) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
    }
}
