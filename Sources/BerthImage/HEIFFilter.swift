/// Replaces the header of an AVIF or HEIC picture, and checks its coded parts.
///
/// libheif reads the whole file before it decodes, so a hidden frame or a larger picture is found
/// before it costs memory or time.
struct HEIFFilter: PictureFilter {
    private let header: PictureHeader
    private let layout: HEIFLayout
    /// The places of the coded bytes in the file's order, and the items that they belong to.
    private let places: [(range: Range<Int>, item: Int)]
    private var scans: [UnitScan]
    private var next = 0
    private var at = 0
    private var isStarted = false
    /// The bytes of a box's header that have come, and those of its content that have not.
    private var held: [UInt8] = []
    private var left = 0

    /// The most frames of an item.
    ///
    /// A picture in layers has up to four.
    private static let mostFrames = 4

    init(_ header: PictureHeader, _ layout: HEIFLayout) {
        self.header = header
        self.layout = layout
        let coded = layout.coded
        places = coded.indices
            .flatMap { item in coded[item].extents.map { (range: $0, item: item) } }
            .sorted { ($0.range.lowerBound, $0.item) < ($1.range.lowerBound, $1.item) }
        scans = coded.map { item in
            UnitScan(item.type == HEIFItem.av1 ? .av1 : .hevc(lengthSize: item.lengthSize))
        }
    }

    mutating func pass(_ bytes: [UInt8], into out: inout [UInt8]) throws(PictureError) {
        if !isStarted { out += layout.bytes }
        isStarted = true
        try scan(bytes)
        let body = bytes.dropFirst(max(0, layout.end - at))
        at += bytes.count
        passBoxes(body, into: &out)
    }

    private mutating func scan(_ bytes: [UInt8]) throws(PictureError) {
        let end = at + bytes.count
        while next < places.count, places[next].range.lowerBound < end {
            let (range, item) = places[next]
            // Bytes that belong to two items, or to one item twice, would be decoded twice.
            let isShared = next > 0 && range.lowerBound < places[next - 1].range.upperBound
            guard !isShared else { throw .unsupported(header.format, .derivation) }
            let part = max(range.lowerBound, at)..<min(range.upperBound, end)
            if !part.isEmpty {
                scans[item].pass(bytes[part.lowerBound - at..<part.upperBound - at])
            }
            try check(item)
            guard range.upperBound <= end else { break }
            next += 1
        }
    }

    private func check(_ item: Int) throws(PictureError) {
        let isOne = scans[item].frames <= HEIFFilter.mostFrames
        guard isOne, layout.coded[item].fits(scans[item].size) else {
            throw .unsupported(header.format, .hiddenFrames)
        }
    }

    /// Passes the boxes after the header, each as data that nobody interprets.
    private mutating func passBoxes(_ bytes: ArraySlice<UInt8>, into out: inout [UInt8]) {
        var rest = bytes
        while !rest.isEmpty {
            if left > 0 {
                let part = rest.prefix(left)
                out += part
                rest = rest.dropFirst(left)
                left -= part.count
                continue
            }
            held.append(rest.removeFirst())
            guard held.count >= 8, let size = ByteReader(held).u32(0) else { continue }
            guard size != 1 || held.count == 16 else { continue }
            let length = size == 1 ? ByteReader(held).u64(8) ?? Int.max : size
            held.replaceSubrange(4..<8, with: "mdat".utf8)
            out += held
            // A size of 0 means the rest of the file.
            left = size == 0 ? Int.max : max(0, length - held.count)
            held = []
        }
    }
}
