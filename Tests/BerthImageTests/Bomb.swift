import CZlib

@testable import BerthImage

/// Pictures that state more, or hold more, than they should.
enum Bomb {
    /// The picture with another width and height in its header.
    ///
    /// It is nil if they are not found, or if the format has no room for them.
    static func of(_ bytes: [UInt8], _ sample: Sample, side: Int) -> [UInt8]? {
        let (high, low) = (UInt8(side >> 8 & 255), UInt8(side & 255))
        switch sample.format {
        case .jpeg:
            let frame = bytes.indices.first {
                bytes[$0...].starts(with: [0xFF, 0xC2]) || bytes[$0...].starts(with: [0xFF, 0xC0])
            }
            return frame.map { bytes.replacing(at: $0 + 5, with: [high, low, high, low]) }
        case .gif:
            guard let frame = bytes.place(of: ",\0\0\0\0") else { return nil }
            return bytes.replacing(at: 6, with: [low, high, low, high])
                .replacing(at: frame + 5, with: [low, high, low, high])
        case .webp:
            guard (1...1 << 14).contains(side) else { return nil }
            if let lossy = bytes.place(of: "VP8 ") {
                let size = [UInt8(side & 255), UInt8(side >> 8 & 0x3F)]
                return side < 1 << 14 ? bytes.replacing(at: lossy + 14, with: size + size) : nil
            }
            let bits = (side - 1) | (side - 1) << 14
            let size = (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
            let bomb = bytes.place(of: "VP8L").map { bytes.replacing(at: $0 + 9, with: size) }
            guard let canvas = bytes.place(of: "VP8X") else { return bomb }
            let one = [UInt8((side - 1) & 255), UInt8((side - 1) >> 8), 0]
            return bomb?.replacing(at: canvas + 12, with: one + one)
        case .avif, .heic:
            let size = PNGFilter.bytes(side) + PNGFilter.bytes(side)
            return bytes.place(of: "ispe").map { bytes.replacing(at: $0 + 8, with: size) }
        case .png:
            let content = PNGFilter.bytes(side) + PNGFilter.bytes(side) + bytes[24..<29]
            return bytes.replacing(at: 8, with: PNGFilter.chunk("IHDR", content))
        }
    }

    /// A WebP animation whose frames are all the given lossy picture of 20 × 20 pixels.
    static func animated(_ webp: [UInt8], frames: Int) -> [UInt8] {
        let start = webp.place(of: "VP8 ") ?? 12
        let size = ByteReader(webp).little(start + 4, 4) ?? 0
        let picture = webp[start..<min(webp.count, start + 8 + size + size % 2)]
        let side: [UInt8] = [19, 0, 0]
        let frame = [0, 0, 0, 0, 0, 0] + side + side + [100, 0, 0, 0] + picture
        let chunks =
            chunk("VP8X", [2, 0, 0, 0] + side + side) + chunk("ANIM", [0, 0, 0, 0, 0, 0])
            + (0..<frames).flatMap { _ in chunk("ANMF", frame) }
        return chunk("RIFF", Array("WEBP".utf8) + chunks)
    }

    private static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        let size = (0..<4).map { UInt8(truncatingIfNeeded: content.count >> (8 * $0)) }
        return Array(name.utf8) + size + content + (content.count % 2 == 0 ? [] : [0])
    }

    /// Zeros after a start, compressed.
    static func zeros(_ count: Int, starting start: [UInt8] = []) -> [UInt8] {
        let plain = start + [UInt8](repeating: 0, count: count)
        var size = UInt(compressBound(UInt(plain.count)))
        var packed = [UInt8](repeating: 0, count: Int(size))
        _ = unsafe compress(&packed, &size, plain, UInt(plain.count))
        return Array(packed.prefix(Int(size)))
    }
}
