/// The part of AV1 that a picture's size is read from.
enum AV1 {
    /// The size in a sequence header, or zeros if it ends early.
    ///
    /// Source: <https://aomediacodec.github.io/av1-spec/>, section 5.5.1.
    static func size(_ header: [UInt8]) -> (width: Int, height: Int) {
        var bits = BitReader(header)
        bits.skip(4)
        if bits.flag() { bits.skip(5) } else { skipTiming(&bits) }
        let (across, down) = (bits.next(4) + 1, bits.next(4) + 1)
        let size = (width: bits.next(across) + 1, height: bits.next(down) + 1)
        return bits.isOver ? (0, 0) : size
    }

    private static func skipTiming(_ bits: inout BitReader) {
        var (hasModel, delayLength) = (false, 0)
        if bits.flag() {
            bits.skip(64)
            if bits.flag() { _ = bits.golomb() }
            hasModel = bits.flag()
            if hasModel {
                delayLength = bits.next(5) + 1
                bits.skip(42)
            }
        }
        let hasDelay = bits.flag()
        for _ in 0...bits.next(5) {
            bits.skip(12)
            if bits.next(5) > 7 { bits.skip(1) }
            if hasModel, bits.flag() { bits.skip(2 * delayLength + 1) }
            if hasDelay, bits.flag() { bits.skip(4) }
        }
    }
}
