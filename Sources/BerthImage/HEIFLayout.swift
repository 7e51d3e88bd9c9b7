/// The parts of an AVIF or HEIC picture that are decoded, and a new header for them.
///
/// libheif 1.15 ends the process when an item lies outside its box, and reads texts, thumbnails and
/// compositions that nobody needs. It gets a header with the needed parts only.
struct HEIFLayout: Equatable, Sendable {
    /// The end of the picture's own header in its file.
    let end: Int
    /// The coded picture, or the tiles of a grid.
    var parts: [HEIFItem] = []
    var alpha: HEIFItem?
    /// The grid and its data, if the picture has tiles.
    var grid: HEIFItem?
    var gridData: [UInt8] = []

    init(end: Int) { self.end = end }

    /// The most tiles of a grid.
    private static let mostTiles = 1_024

    var coded: [HEIFItem] { parts + (alpha.map { [$0] } ?? []) }

    /// Whether the tiles are of one size, and as many and as large as the grid says.
    var isTiled: Bool {
        let data = ByteReader(gridData)
        guard let grid, let first = parts.first, let flags = data.u8(1), data.u8(0) == 0,
            let rows = data.u8(2), let columns = data.u8(3)
        else { return false }
        let wide = flags & 1 == 1 ? 4 : 2
        guard data.count == 4 + 2 * wide, data.number(4, wide) == grid.width,
            data.number(4 + wide, wide) == grid.height
        else { return false }
        let isEven = parts.allSatisfy { $0.width == first.width && $0.height == first.height }
        let (across, down) = (first.width * (columns + 1), first.height * (rows + 1))
        return isEven && parts.count == (rows + 1) * (columns + 1)
            && parts.count <= HEIFLayout.mostTiles
            && (grid.width...grid.width + first.width).contains(across)
            && (grid.height...grid.height + first.height).contains(down)
    }

    /// Whether all coded parts state their size, and lie after the header.
    func isSound(end: Int) -> Bool {
        let whole = grid ?? parts.first
        let isAlphaEqual = alpha.map { $0.width == whole?.width && $0.height == whole?.height }
        return isAlphaEqual != false
            && coded.allSatisfy { item in
                item.isCoded && !item.isMisstated && !item.isInHeader && item.pixels > 0
                    && !item.extents.isEmpty
                    && item.extents.allSatisfy { $0.lowerBound >= end }
            }
    }

    /// The facts about the picture.
    func header(_ format: PictureFormat, _ item: HEIFItem) -> PictureHeader {
        var header = PictureHeader(format, width: item.width, height: item.height)
        header.bitDepth = coded.map(\.bitDepth).max() ?? 8
        header.samples = coded.map(\.samples).max() ?? 3
        header.orientation = item.orientation
        header.hasProfile = item.hasProfile || parts.contains(where: \.hasProfile)
        header.hasAlpha = alpha != nil
        header.channels = header.hasAlpha ? 4 : 3
        header.coding = .lossy
        header.decodedPixels = max(header.pixels, coded.reduce(0) { $0 + $1.pixels })
        header.layout = self
        return header
    }

    // MARK: A new header

    /// The header, whose places are those of the file with this header instead of its own.
    var bytes: [UInt8] {
        // The size of the header does not depend on the places.
        let size = bytes(shiftedBy: 0).count
        return bytes(shiftedBy: size - end)
    }

    private func bytes(shiftedBy shift: Int) -> [UInt8] {
        let isAV1 = parts.first?.type == HEIFItem.av1
        let brand = Array((isAV1 ? "avif" : "heic").utf8)
        let list = grid.map { [$0] + coded } ?? coded
        let infos = list.indices.flatMap { index in
            HEIFLayout.box(
                "infe",
                [2, 0, 0, 0] + number(index + 1, 2) + [0, 0]
                    + number(list[index].type, 4) + [0]
            )
        }
        var content: [UInt8] = [0, 0, 0, 0]
        content += HEIFLayout.box("hdlr", number(0, 8) + Array("pict".utf8) + number(0, 13))
        content += HEIFLayout.box("pitm", [0, 0, 0, 0, 0, 1])
        content += HEIFLayout.box("iinf", [0, 0, 0, 0] + number(list.count, 2) + infos)
        content += references(list.count) + properties(list)
        content += places(list, shiftedBy: shift)
        if grid != nil { content += HEIFLayout.box("idat", gridData) }
        return HEIFLayout.box("ftyp", brand + [0, 0, 0, 0] + brand + Array("mif1".utf8))
            + HEIFLayout.box("meta", content)
    }

    private func references(_ count: Int) -> [UInt8] {
        var content: [UInt8] = []
        if grid != nil {
            let tiles = (2..<2 + parts.count).flatMap { number($0, 2) }
            content += HEIFLayout.box("dimg", number(1, 2) + number(parts.count, 2) + tiles)
        }
        if alpha != nil { content += HEIFLayout.box("auxl", number(count, 2) + [0, 1, 0, 1]) }
        return content.isEmpty ? [] : HEIFLayout.box("iref", [0, 0, 0, 0] + content)
    }

    private func properties(_ list: [HEIFItem]) -> [UInt8] {
        var (boxes, count): ([UInt8], Int) = ([], 0)
        var lists: [UInt8] = []
        for (index, item) in list.enumerated() {
            let own = properties(of: item, isPrimary: index == 0)
            lists += number(index + 1, 2) + [UInt8(own.count)]
            for (number, property) in own.enumerated() {
                boxes += property
                lists += self.number(count + number + 1 | 0x8000, 2)
            }
            count += own.count
        }
        let uses = [0, 0, 0, 1] + number(list.count, 4) + lists
        return HEIFLayout.box("iprp", HEIFLayout.box("ipco", boxes) + HEIFLayout.box("ipma", uses))
    }

    private func properties(of item: HEIFItem, isPrimary: Bool) -> [[UInt8]] {
        let size = number(item.width, 4) + number(item.height, 4)
        var boxes = [HEIFLayout.box("ispe", [0, 0, 0, 0] + size)]
        if item.isCoded {
            boxes.append(
                HEIFLayout.box(item.type == HEIFItem.av1 ? "av1C" : "hvcC", item.configuration)
            )
        }
        if !item.colours.isEmpty { boxes.append(HEIFLayout.box("colr", item.colours)) }
        if item.isAlpha {
            let name = Array("urn:mpeg:mpegB:cicp:systems:auxiliary:alpha".utf8) + [0]
            boxes.append(HEIFLayout.box("auxC", [0, 0, 0, 0] + name))
        }
        guard isPrimary else { return boxes }
        if let turns = item.rotation { boxes.append(HEIFLayout.box("irot", [turns])) }
        if let axis = item.mirror { boxes.append(HEIFLayout.box("imir", [axis])) }
        return boxes
    }

    private func places(_ list: [HEIFItem], shiftedBy shift: Int) -> [UInt8] {
        var content: [UInt8] = [1, 0, 0, 0, 0x44, 0] + number(list.count, 2)
        for (index, item) in list.enumerated() {
            let isGrid = grid != nil && index == 0
            let extents = isGrid ? [0..<gridData.count] : item.extents
            content += number(index + 1, 2) + [0, isGrid ? 1 : 0, 0, 0] + number(extents.count, 2)
            for extent in extents {
                content += number(extent.lowerBound + (isGrid ? 0 : shift), 4)
                content += number(extent.count, 4)
            }
        }
        return HEIFLayout.box("iloc", content)
    }

    private func number(_ value: Int, _ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * (size - 1 - $0))) }
    }

    private static func box(_ type: String, _ content: [UInt8]) -> [UInt8] {
        PNGFilter.bytes(content.count + 8) + Array(type.utf8) + content
    }
}
