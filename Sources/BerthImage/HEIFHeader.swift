/// The header of an AVIF or HEIC picture: the `meta` box, which must come before the pixels.
///
/// Source: ISO 23008-12, and <https://aomediacodec.github.io/av1-avif/>.
struct HEIFHeader {
    private let bytes: ByteReader
    private var items: [Int: HEIFItem] = [:]
    private var primary = 0
    /// The references between items, of which only those of one picture's parts matter.
    private var references: [(type: Int, from: Int, to: [Int])] = []
    /// The place of the header's own data.
    private var data = 0..<0

    /// Reads the header, or returns nil if bytes are missing.
    ///
    /// - Throws: ``PictureError``.
    static func read(_ bytes: ByteReader, as format: PictureFormat) throws(PictureError)
        -> PictureHeader?
    {
        var at = 0
        while let box = HEIFBox(bytes, at: at) {
            guard box.type == ByteReader.code("meta") else {
                at = box.end
                continue
            }
            guard box.end <= bytes.count else { return nil }
            var reader = HEIFHeader(bytes: bytes)
            guard reader.meta(box) else { throw .broken(format) }
            return try reader.header(format, endingAt: box.end)
        }
        if bytes.count >= at + 16 { throw .broken(format) }
        return nil
    }

    private init(bytes: ByteReader) { self.bytes = bytes }

    /// The facts about the primary item and all that is decoded for it, or nil if bytes are missing.
    private func header(
        _ format: PictureFormat,
        endingAt end: Int
    ) throws(PictureError) -> PictureHeader? {
        guard let item = items[primary] else { throw .broken(format) }
        var layout = HEIFLayout(end: end)
        if item.isCoded {
            layout.parts = [item]
        } else {
            guard item.type == HEIFItem.grid else { throw .unsupported(format, .derivation) }
            guard let place = gridPlace(item, end) else { throw .unsupported(format, .derivation) }
            guard place.upperBound <= bytes.count else { return nil }
            layout.grid = item
            layout.gridData = Array(bytes.bytes[place])
            layout.parts = referred("dimg").compactMap { items[$0] }
            guard layout.isTiled else { throw .broken(format) }
        }
        // A second picture may hold the transparency.
        layout.alpha = references.first { reference in
            reference.type == ByteReader.code("auxl") && reference.to.contains(primary)
                && items[reference.from].map { $0.isAlpha && $0.isCoded } == true
        }.flatMap { items[$0.from] }
        guard layout.isSound(end: end) else { throw .unsupported(format, .derivation) }
        return layout.header(format, item)
    }

    private func referred(_ type: String) -> [Int] {
        references.first { $0.type == ByteReader.code(type) && $0.from == primary }?.to ?? []
    }

    /// The place of a grid's own data: in the header's data box, or soon after the header.
    private func gridPlace(_ item: HEIFItem, _ end: Int) -> Range<Int>? {
        guard item.extents.count == 1, let place = item.extents.first, place.count <= 16 else {
            return nil
        }
        guard item.isInHeader else { return place.lowerBound >= end ? place : nil }
        let (lower, upper) = (
            data.lowerBound + place.lowerBound, data.lowerBound + place.upperBound
        )
        return upper <= data.upperBound ? lower..<upper : nil
    }

    // MARK: Boxes

    /// Reads the `meta` box.
    ///
    /// - Returns: whether it is sound.
    private mutating func meta(_ box: HEIFBox) -> Bool {
        guard let boxes = HEIFBox.all(bytes, from: box.start + 4, to: box.end) else { return false }
        func find(_ name: String) -> HEIFBox? {
            boxes.first { $0.type == ByteReader.code(name) }
        }
        guard let primaryBox = find("pitm"), let list = find("iinf"), let places = find("iloc"),
            let properties = find("iprp"),
            let id = bytes.number(primaryBox.start + 4, primaryBox.version(bytes) == 0 ? 2 : 4)
        else { return false }
        primary = id
        data = find("idat").map { $0.start..<$0.end } ?? 0..<0
        guard readItems(list), readPlaces(places), readProperties(properties) else { return false }
        return find("iref").map { readReferences($0) } ?? true
    }

    private mutating func readItems(_ box: HEIFBox) -> Bool {
        let start = box.start + (box.version(bytes) == 0 ? 6 : 8)
        guard let entries = HEIFBox.all(bytes, from: start, to: box.end) else { return false }
        for entry in entries {
            let wide = entry.version(bytes) >= 3 ? 4 : 2
            guard let id = bytes.number(entry.start + 4, wide),
                let type = bytes.code(entry.start + 6 + wide)
            else { return false }
            var item = HEIFItem(id: id)
            item.type = type
            items[id] = item
        }
        return true
    }

    private mutating func readReferences(_ box: HEIFBox) -> Bool {
        let wide = box.version(bytes) == 0 ? 2 : 4
        guard let boxes = HEIFBox.all(bytes, from: box.start + 4, to: box.end) else { return false }
        for reference in boxes {
            guard let from = bytes.number(reference.start, wide),
                let count = bytes.u16(reference.start + wide),
                reference.start + wide + 2 + count * wide <= reference.end
            else { return false }
            let first = reference.start + wide + 2
            let to = (0..<count).compactMap { bytes.number(first + $0 * wide, wide) }
            references.append((reference.type, from, to))
        }
        return true
    }

    private mutating func readPlaces(_ box: HEIFBox) -> Bool {
        let version = box.version(bytes)
        guard let sizes = bytes.u16(box.start + 4) else { return false }
        let (offsetSize, lengthSize) = (sizes >> 12, sizes >> 8 & 15)
        let (baseSize, indexSize) = (sizes >> 4 & 15, version == 0 ? 0 : sizes & 15)
        let wide = version < 2 ? 2 : 4
        guard let count = bytes.number(box.start + 6, wide) else { return false }
        var cursor = HEIFCursor(bytes, at: box.start + 6 + wide, end: box.end)
        for _ in 0..<count {
            guard let id = cursor.next(wide) else { return false }
            let method = version == 0 ? 0 : cursor.next(2)
            guard let method, cursor.next(2) != nil, let base = cursor.next(baseSize),
                let extents = cursor.next(2)
            else { return false }
            var places: [Range<Int>] = []
            for _ in 0..<extents {
                guard cursor.next(indexSize) != nil, let offset = cursor.next(offsetSize),
                    let length = cursor.next(lengthSize)
                else { return false }
                // A length of 0 means all of the file, and an offset has 62 bits at most.
                let (start, isAbove) = base.addingReportingOverflow(offset)
                guard !isAbove, start < 1 << 40, length > 0, length < 1 << 40 else { return false }
                places.append(start..<start + length)
            }
            items[id]?.extents = places
            items[id]?.isInHeader = method & 15 != 0
        }
        return true
    }

    private mutating func readProperties(_ box: HEIFBox) -> Bool {
        guard let parts = HEIFBox.all(bytes, from: box.start, to: box.end),
            let container = parts.first(where: { $0.type == ByteReader.code("ipco") }),
            let all = HEIFBox.all(bytes, from: container.start, to: container.end)
        else { return false }
        for part in parts where part.type == ByteReader.code("ipma") {
            guard let flags = bytes.u8(part.start + 3), let count = bytes.u32(part.start + 4) else {
                return false
            }
            let wide = part.version(bytes) == 0 ? 2 : 4
            var cursor = HEIFCursor(bytes, at: part.start + 8, end: part.end)
            for _ in 0..<count {
                guard let id = cursor.next(wide), let properties = cursor.next(1) else {
                    return false
                }
                for _ in 0..<properties {
                    guard let index = cursor.next(flags & 1 == 1 ? 2 : 1) else { return false }
                    let place = index & (flags & 1 == 1 ? 0x7FFF : 0x7F)
                    guard place <= all.count else { return false }
                    if place > 0, items[id] != nil {
                        items[id]?.apply(all[place - 1], in: bytes)
                    }
                }
                items[id]?.compare()
            }
        }
        return true
    }
}

/// A place in a box whose numbers follow each other.
struct HEIFCursor {
    private let bytes: ByteReader
    private var at: Int
    private let end: Int

    init(_ bytes: ByteReader, at place: Int, end: Int) {
        (self.bytes, at, self.end) = (bytes, place, end)
    }

    /// The next number, of 0 to 4 or 8 bytes, or nil at the end.
    mutating func next(_ size: Int) -> Int? {
        guard at + size <= end else { return nil }
        defer { at += size }
        return size == 8 ? bytes.u64(at) : size <= 4 ? bytes.number(at, size) : nil
    }
}
