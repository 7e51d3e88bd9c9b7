/// The part of HEVC that a picture's size is read from.
enum HEVC {
    /// The type of a unit that holds a sequence parameter set.
    static let parameterSet = 33

    /// The size in a sequence parameter set, or zeros if it ends early.
    ///
    /// Source: <https://www.itu.int/rec/T-REC-H.265>, sections 7.3.2.2 and 7.3.3.
    static func size(_ unit: [UInt8]) -> (width: Int, height: Int) {
        var bits = BitReader(unescaped(unit.dropFirst(2)))
        bits.skip(4)
        let layers = bits.next(3)
        bits.skip(1 + 96)
        skipLayers(layers, &bits)
        _ = bits.golomb()
        if bits.golomb() == 3 { bits.skip(1) }
        let size = (width: bits.golomb(), height: bits.golomb())
        return bits.isOver ? (0, 0) : size
    }

    private static func skipLayers(_ layers: Int, _ bits: inout BitReader) {
        guard layers > 0 else { return }
        let parts = (0..<layers).map { _ in (profile: bits.flag(), level: bits.flag()) }
        bits.skip(2 * (8 - layers))
        for part in parts { bits.skip((part.profile ? 88 : 0) + (part.level ? 8 : 0)) }
    }

    /// The bytes without the 3 that follows two zeros, so that no start code occurs.
    private static func unescaped(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var (plain, zeros): ([UInt8], Int) = ([], 0)
        for byte in bytes {
            if zeros >= 2, byte == 3 {
                zeros = 0
                continue
            }
            zeros = byte == 0 ? zeros + 1 : 0
            plain.append(byte)
        }
        return plain
    }
}
