/// Finds the number of frames and the largest coded size in the bytes of one coded item.
///
/// A decoder allocates by the size in these bytes and decodes all frames up to the first one that
/// is shown, whatever the file's header says.
struct UnitScan {
    enum Kind: Equatable {
        case av1
        case hevc(lengthSize: Int)
    }

    private let kind: Kind
    /// The first bytes of the current unit.
    private var head: [UInt8] = []
    /// The bytes of the current unit that remain to be skipped.
    private var skipped = 0

    /// The number of frames so far.
    private(set) var frames = 0
    /// The largest width and height so far.
    private(set) var size = (width: 0, height: 0)

    init(_ kind: Kind) { self.kind = kind }

    /// Looks at the next bytes.
    mutating func pass(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while let byte = rest.first {
            if skipped > 0 {
                let count = min(skipped, rest.count)
                rest = rest.dropFirst(count)
                skipped -= count
            } else {
                head.append(byte)
                rest = rest.dropFirst()
                let length = kind == .av1 ? lengthOfAV1() : lengthOfHEVC()
                guard let length, head.count >= min(length, UnitScan.most) else { continue }
                look()
                skipped = max(0, length - head.count)
                head.removeAll(keepingCapacity: true)
            }
        }
    }

    /// The most bytes of a unit that are looked at, enough for a size.
    private static let most = 256

    private mutating func look() {
        switch kind {
        case .av1: lookAtAV1()
        case .hevc(let lengthSize): lookAtHEVC(Array(head.dropFirst(lengthSize)))
        }
    }

    private mutating func note(_ other: (width: Int, height: Int)) {
        size = (max(size.width, other.width), max(size.height, other.height))
    }

    // MARK: AV1

    /// The length of the current unit with its header, or nil if its header is incomplete.
    ///
    /// Source: <https://aomediacodec.github.io/av1-spec/>, section 5.3.
    private func lengthOfAV1() -> Int? {
        guard let flags = head.first else { return nil }
        let start = flags & 4 == 0 ? 1 : 2
        guard flags & 2 != 0 else { return Int.max }
        var length = 0
        for index in 0..<8 {
            guard start + index < head.count else { return nil }
            length |= Int(head[start + index] & 0x7F) << (7 * index)
            if head[start + index] & 0x80 == 0 { return start + index + 1 + length }
        }
        return Int.max
    }

    private mutating func lookAtAV1() {
        let flags = head[0]
        var start = flags & 4 == 0 ? 1 : 2
        if flags & 2 != 0 {
            while start < head.count, head[start] & 0x80 != 0 { start += 1 }
            start += 1
        }
        switch flags >> 3 & 15 {
        case 1: note(AV1.size(Array(head.dropFirst(start))))
        case 3, 6: frames += 1
        default: break
        }
    }

    // MARK: HEVC

    private func lengthOfHEVC() -> Int? {
        guard case .hevc(let lengthSize) = kind, head.count >= lengthSize else { return nil }
        return lengthSize + (ByteReader(head).number(0, lengthSize) ?? 0)
    }

    private mutating func lookAtHEVC(_ unit: [UInt8]) {
        guard unit.count >= 3 else { return }
        let type = Int(unit[0] >> 1 & 0x3F)
        if type == HEVC.parameterSet { note(HEVC.size(unit)) }
        // The first slice of a picture has its first bit set.
        if type < 32, unit[2] & 0x80 != 0 { frames += 1 }
    }
}
