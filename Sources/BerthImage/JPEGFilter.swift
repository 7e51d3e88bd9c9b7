/// Leaves only the segments of a JPEG that its decoder needs, and counts its scans.
struct JPEGFilter: PictureFilter {
    private enum State {
        case marker
        case segment(left: Int, isKept: Bool, isScan: Bool)
        case scan
        case end
    }

    private let header: PictureHeader
    private var state = State.marker
    /// The bytes of a marker and its length that have come.
    private var held: [UInt8] = []
    private var scans = 0
    private var kept = 0

    /// The most scans, each of which costs time for all pixels.
    ///
    /// Encoders make about ten.
    static let mostScans = 100
    /// The most bytes of application segments that are kept, which hold a profile.
    private static let mostKept = 1 << 20

    init(_ header: PictureHeader) { self.header = header }

    mutating func pass(_ bytes: [UInt8], into out: inout [UInt8]) throws(PictureError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            switch state {
            case .end: return
            case .marker: try passMarker(rest.removeFirst(), &out)
            case .segment(let left, let isKept, let isScan):
                let part = rest.prefix(left)
                rest = rest.dropFirst(left)
                if isKept { out += part }
                let isDone = part.count == left
                state =
                    isDone
                    ? isScan ? .scan : .marker
                    : .segment(left: left - part.count, isKept: isKept, isScan: isScan)
            case .scan: passScan(&rest, &out)
            }
        }
    }

    private mutating func passMarker(_ byte: UInt8, _ out: inout [UInt8]) throws(PictureError) {
        if held.count == 1, byte == 0xFF { return }
        held.append(byte)
        guard held[0] == 0xFF else { throw .broken(.jpeg) }
        guard held.count >= 2 else { return }
        let marker = Int(held[1])
        if JPEGHeader.isAlone(marker) || marker == 0xD9 {
            out += held
            held = []
            if marker == 0xD8 { addOrientation(&out) }
            if marker == 0xD9 { state = .end }
            return
        }
        guard held.count == 4 else { return }
        let length = Int(held[2]) << 8 | Int(held[3])
        guard length >= 2 else { throw .broken(.jpeg) }
        let isKept = keeps(marker, length)
        if isKept { out += held }
        held = []
        if marker == 0xDA {
            scans += 1
            guard scans <= JPEGFilter.mostScans else { throw .unsupported(.jpeg, .scans) }
        }
        state = .segment(left: length - 2, isKept: isKept, isScan: marker == 0xDA)
    }

    /// Whether the decoder gets a segment.
    private mutating func keeps(_ marker: Int, _ length: Int) -> Bool {
        switch marker {
        case 0xE0, 0xE2, 0xEE:
            kept += length
            return kept <= JPEGFilter.mostKept
        case 0xE1...0xEF, 0xFE: return false
        default: return true
        }
    }

    private func addOrientation(_ out: inout [UInt8]) {
        guard header.orientation != 1 else { return }
        let data = Array("Exif\0\0".utf8) + EXIF.data(orientation: header.orientation)
        out += [0xFF, 0xE1, 0, UInt8(clamping: data.count + 2)] + data
    }

    /// Passes coded pixels up to the next marker that is neither a restart nor an escaped byte.
    private mutating func passScan(_ rest: inout ArraySlice<UInt8>, _ out: inout [UInt8]) {
        if held.isEmpty {
            let end = rest.firstIndex(of: 0xFF) ?? rest.endIndex
            out += rest[..<end]
            rest = rest[end...]
            if !rest.isEmpty { held = [rest.removeFirst()] }
            return
        }
        let byte = rest.removeFirst()
        if byte == 0xFF { return }
        if byte == 0 || (0xD0...0xD7).contains(byte) {
            out += [0xFF, byte]
            held = []
        } else {
            held.append(byte)
            if byte == 0xD9 {
                out += held
                held = []
                state = .end
            } else {
                state = .marker
            }
        }
    }
}
