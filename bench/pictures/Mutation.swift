import BerthImage
import BerthLoop

/// One mutated picture.
struct Mutation {
    private var random: SeededGenerator
    private let bases: [[UInt8]]
    /// The form into which the picture is converted.
    private(set) var target = PictureTarget.thumbnail

    init(seed: UInt64, _ bases: [[UInt8]]) {
        random = SeededGenerator(seed: seed)
        self.bases = bases
    }

    /// Makes the picture.
    mutating func make() -> [UInt8] {
        let formats: [PictureFormat] = [.jpeg, .jpeg, .jpeg, .jpeg, .png, .webp]
        target = PictureTarget(formats[below(formats.count)], side: [16, 32, 512][below(3)])
        var bytes = bases[below(bases.count)]
        for _ in 0..<1 + below(4) where !bytes.isEmpty { change(&bytes) }
        // Otherwise nearly every damaged PNG ends at its first wrong checksum.
        if below(2) == 0 { Mutation.repair(&bytes) }
        return bytes
    }

    /// Corrects the checksums of a PNG's chunks.
    private static func repair(_ bytes: inout [UInt8]) {
        guard bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) else { return }
        var at = 8
        while at + 12 <= bytes.count {
            let length = bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= bytes.count - at - 12 else { return }
            let sum = checksum(bytes[at + 4..<at + 8 + length])
            for index in 0..<4 {
                bytes[at + 8 + length + index] = UInt8(
                    truncatingIfNeeded: sum >> UInt32(24 - 8 * index)
                )
            }
            at += 12 + length
        }
    }

    /// The CRC-32 of a chunk's type and content.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in
                sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1
            }
        }
    }

    private mutating func below(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

    /// A place in the bytes, more often in the first ones, where headers are.
    private mutating func place(_ bytes: [UInt8]) -> Int {
        below(2) == 0 ? below(bytes.count) : below(min(bytes.count, 300))
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let at = place(bytes)
        let end = min(bytes.count, at + 1 + below(64))
        switch below(9) {
        case 0: bytes[at] ^= 1 << UInt8(below(8))
        case 1: bytes[at] = UInt8(below(256))
        case 2: bytes.removeLast(bytes.count - at)
        case 3: bytes.removeSubrange(at..<end)
        case 4: bytes.insert(contentsOf: bytes[at..<end], at: below(bytes.count))
        case 5: setNumber(&bytes, at)
        case 6: for index in at..<end { bytes[index] = UInt8(below(256)) }
        case 7:
            let other = bases[below(bases.count)]
            let start = below(other.count)
            bytes.replaceSubrange(at..<end, with: other[start..<min(other.count, start + 300)])
        default: for _ in 0..<8 { bytes[below(bytes.count)] = UInt8(below(256)) }
        }
    }

    /// Writes a number that is often a limit somewhere.
    private mutating func setNumber(_ bytes: inout [UInt8], _ at: Int) {
        let numbers = [0, 1, 2, 0x7F, 0xFF, 0x100, 0x7FF, 0x7FFF, 0xFFFF, 0x1_0000, 0x7FFF_FFFF]
        let (number, size) = (numbers[below(numbers.count)], [1, 2, 4][below(3)])
        let isLittle = below(2) == 0
        for index in 0..<size where at + index < bytes.count {
            let shift = 8 * (isLittle ? index : size - 1 - index)
            bytes[at + index] = UInt8(truncatingIfNeeded: number >> shift)
        }
    }
}
