import BerthTestKit
import BerthText
import Testing

@testable import BerthChannels

@Suite struct TelegramLookTests {
    private static func link(_ n: Int, _ end: String) -> String {
        "https://a.example/e" + String(repeating: "\u{301}\u{316}", count: n) + end
    }

    @Test func `looks differ in each of their parts`() {
        let plain = TelegramLook()
        var looks = [TelegramLook](repeating: plain, count: 6)
        looks[0].quote = 1
        looks[1].isFolded = true
        looks[2].pre = 1
        looks[3].language = "swift"
        looks[4].style = .bold
        looks[5].link = "https://a.example"
        for look in looks { #expect(look != plain && look == look) }
        for look in [looks[0], looks[2], looks[4], looks[5]] {
            #expect(look.formats == look.formats && look.formats != plain.formats)
        }
    }

    @Test func `the time of a comparison is linear in the length of a character`() throws {
        let growth = try growth(from: 1_000) { size in
            var (one, other) = (TelegramLook(), TelegramLook())
            (one.link, other.link) = (Self.link(size, "a"), Self.link(size, "b"))
            for _ in 0..<8 { #expect(one != other && one.formats != other.formats) }
        }
        #expect(growth < 24)
    }
}
