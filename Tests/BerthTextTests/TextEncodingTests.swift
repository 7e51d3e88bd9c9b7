import BerthLoop
import BerthText
import Testing

/// Texts in the encodings that documents have.
@Suite struct TextEncodingTests {
    private static let sample = "Grüße, 世界 🙂\nПривет\t1"

    /// The units of a text in UTF-16, the lower byte first or last.
    private static func wide(_ text: String, isLittle: Bool) -> [UInt8] {
        (isLittle ? [0xFF, 0xFE] : [0xFE, 0xFF])
            + text.utf16.flatMap { unit in
                let bytes = [UInt8(unit & 0xFF), UInt8(unit >> 8)]
                return isLittle ? bytes : bytes.reversed()
            }
    }

    @Test func `a document is read in UTF-8 and UTF-16`() {
        let plain = Array(Self.sample.utf8)
        #expect(TextEncoding.document(plain) == Self.sample)
        #expect(TextEncoding.document([0xEF, 0xBB, 0xBF] + plain) == Self.sample)
        for isLittle in [true, false] {
            #expect(
                TextEncoding.document(Self.wide(Self.sample, isLittle: isLittle)) == Self.sample
            )
        }
        let long = String(repeating: Self.sample, count: 4_000)
        #expect(TextEncoding.document(Self.wide(long, isLittle: true)) == long)
    }

    @Test func `a document in Latin-1 is read`() {
        #expect(TextEncoding.document(Array("Gr".utf8) + [0xFC, 0xDF, 0x65]) == "Grüße")
    }

    @Test func `a document that is cut within a character loses that alone`() {
        for text in ["aé", "a世", "a🙂", "é", "🙂🙂"] {
            let bytes = Array(text.utf8)
            let last = text.unicodeScalars.last.map { "\($0)".utf8.count } ?? 0
            for cut in 1..<last {
                let found = TextEncoding.document(Array(bytes.dropLast(cut)))
                #expect(found == String(text.unicodeScalars.dropLast()), "\(text) -\(cut)")
            }
        }
        let wide = Self.wide("ab🙂", isLittle: true)
        #expect(TextEncoding.document(Array(wide.dropLast())) == "ab")
    }

    @Test(
        arguments: [
            [0x00], [0x50, 0x4B, 0x03, 0x04], Array("%PDF-1.4\n".utf8) + [0, 1, 2],
            [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13],
            [0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x10], (0...255).map { UInt8($0) },
            [UInt8](repeating: 0x90, count: 64),
        ] as [[UInt8]]
    )
    func `a file that is no text has none`(bytes: [UInt8]) {
        #expect(TextEncoding.document(bytes) == nil)
    }

    @Test func `nothing is an empty text`() {
        #expect(TextEncoding.document([])?.isEmpty == true)
        #expect(TextEncoding.document([0xEF, 0xBB, 0xBF])?.isEmpty == true)
        #expect(TextEncoding.document([0xFF, 0xFE])?.isEmpty == true)
    }

    @Test func `no bytes trap`() {
        var random = SeededGenerator(seed: 36)
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...40, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            _ = TextEncoding.document(bytes)
            _ = TextEncoding.document([0xFF, 0xFE] + bytes)
            _ = TextEncoding.document([0xFE, 0xFF] + bytes)
        }
    }
}
