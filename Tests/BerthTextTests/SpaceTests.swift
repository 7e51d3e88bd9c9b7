import BerthText
import Testing

/// White space.
struct SpaceTests {
    @Test func `a scalar is a space if Unicode says so`() {
        for value in 0...0x10FFFF as ClosedRange<UInt32> {
            guard let scalar = Unicode.Scalar(value),
                scalar.isSpace != scalar.properties.isWhitespace
            else { continue }
            Issue.record("U+\(String(value, radix: 16)) is a space in one way only")
        }
    }
}
