extension [UInt8] {
    /// Appends an integer in little-endian order.
    package mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
        for index in 0..<(Number.bitWidth / 8) {
            append(UInt8(truncatingIfNeeded: number >> Number(index * 8)))
        }
    }

    /// The integer at `offset` in little-endian order, or nil beyond the end.
    package func littleEndian<Number: FixedWidthInteger>(at offset: Int, as: Number.Type) -> Number?
    {
        let size = Number.bitWidth / 8
        guard offset >= 0, offset + size <= count else { return nil }
        return (0..<size).reduce(Number(0)) { number, index in
            number | Number(truncatingIfNeeded: self[offset + index]) << Number(index * 8)
        }
    }
}
