// Both are inlined: a generic function of another module costs a hundred times as much.
extension [UInt8] {
    /// Appends an integer in little-endian order.
    @inlinable
    package mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
        for index in 0..<(Number.bitWidth / 8) {
            append(UInt8(truncatingIfNeeded: number >> Number(index * 8)))
        }
    }

    /// The integer at `offset` in little-endian order, or nil beyond the end.
    @inlinable
    package func littleEndian<Number: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int,
        as: Number.Type
    ) -> Number? {
        guard offset >= 0, offset + Number.bitWidth / 8 <= count else { return nil }
        return unsafe withUnsafeBytes { bytes in
            unsafe Number(
                littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self)
            )
        }
    }
}
