/// An item of a HEIF file: a coded picture, a composition of others, or data.
struct HEIFItem: Equatable, Sendable {
    let id: Int
    /// The type, such as `av01`, `hvc1` or `grid`.
    var type = 0
    /// The size in pixels by the item's own property.
    var width = 0, height = 0
    /// The places of the bytes in the file, in order.
    var extents: [Range<Int>] = []
    /// Whether the bytes are in the header's own data box.
    var isInHeader = false
    var bitDepth = 8
    var samples = 1.5
    var orientation = 1
    var hasProfile = false, isAlpha = false
    /// The bytes of a length before each unit of an HEVC picture.
    var lengthSize = 4
    /// The content of the boxes with the decoder's configuration and the colours.
    var configuration: [UInt8] = []
    var colours: [UInt8] = []
    /// The content of the boxes with the rotation and the mirror's axis.
    var rotation: UInt8?
    var mirror: UInt8?
    /// Whether the decoder's configuration names a size above the item's own.
    var isMisstated = false

    init(id: Int) { self.id = id }

    var pixels: Int { width * height }

    static let av1 = ByteReader.code("av01"), hevc = ByteReader.code("hvc1")
    static let grid = ByteReader.code("grid")

    var isCoded: Bool { type == HEIFItem.av1 || type == HEIFItem.hevc }

    /// Whether a coded size is not larger than the stated one, except for the padding of blocks.
    func fits(_ size: (width: Int, height: Int)) -> Bool {
        size.width <= (width + 127) / 64 * 64 && size.height <= (height + 127) / 64 * 64
    }
}

extension HEIFItem {
    /// Compares the sizes in the decoder's configuration with the item's own.
    mutating func compare() {
        guard isCoded else { return }
        if type == HEIFItem.av1 {
            var scan = UnitScan(.av1)
            scan.pass(configuration.dropFirst(4))
            isMisstated = configuration.count < 4 || !fits(scan.size)
        } else {
            let sets = HEIFItem.parameterSets(Array(configuration.dropFirst(22)))
            isMisstated = sets.isEmpty || sets.contains { !fits(HEVC.size($0)) }
        }
    }

    /// The sequence parameter sets in an HEVC configuration, which groups units by type.
    private static func parameterSets(_ data: [UInt8]) -> [[UInt8]] {
        let reader = ByteReader(data)
        var (sets, at): ([[UInt8]], Int) = ([], 1)
        for _ in 0..<(reader.u8(0) ?? 0) {
            guard let type = reader.u8(at), let count = reader.u16(at + 1) else { break }
            at += 3
            for _ in 0..<count {
                guard let length = reader.u16(at), at + 2 + length <= data.count else {
                    return sets
                }
                if type & 0x3F == HEVC.parameterSet {
                    sets.append(Array(data[at + 2..<at + 2 + length]))
                }
                at += 2 + length
            }
        }
        return sets
    }
}
