/// Passes all bytes of an AVIF or HEIC picture, and checks its coded parts.
///
/// libheif reads the whole file before it decodes, so a hidden frame or a larger picture is found
/// before it costs memory or time.
struct HEIFFilter: PictureFilter {
    private let header: PictureHeader
    /// The places of the coded bytes in the file's order, and the items that they belong to.
    private let places: [(range: Range<Int>, item: Int)]
    private var scans: [UnitScan]
    private var next = 0
    private var at = 0

    /// The most frames of an item. A picture in layers has up to four.
    private static let mostFrames = 4

    init(_ header: PictureHeader) {
        self.header = header
        places = header.coded.indices
            .flatMap { item in header.coded[item].extents.map { (range: $0, item: item) } }
            .sorted { ($0.range.lowerBound, $0.item) < ($1.range.lowerBound, $1.item) }
        scans = header.coded.map { item in
            UnitScan(item.type == HEIFItem.av1 ? .av1 : .hevc(lengthSize: item.lengthSize))
        }
    }

    mutating func pass(_ bytes: [UInt8], into out: inout [UInt8]) throws(PictureError) {
        out += bytes
        let end = at + bytes.count
        while next < places.count, places[next].range.lowerBound < end {
            let (range, item) = places[next]
            // Bytes that belong to two items, or to one item twice, would be decoded twice.
            let isShared = next > 0 && range.lowerBound < places[next - 1].range.upperBound
            guard !isShared else { throw .unsupported(header.format, .derivation) }
            let part = max(range.lowerBound, at)..<min(range.upperBound, end)
            if !part.isEmpty { scans[item].pass(bytes[part.lowerBound - at..<part.upperBound - at]) }
            try check(item)
            guard range.upperBound <= end else { break }
            next += 1
        }
        at = end
    }

    private func check(_ item: Int) throws(PictureError) {
        guard scans[item].frames <= HEIFFilter.mostFrames, header.coded[item].fits(scans[item].size)
        else { throw .unsupported(header.format, .hiddenFrames) }
    }
}
