import BerthLoop
import BerthMemory
import Testing

@testable import BerthBot

@Suite struct FiguresTests {
    private static func figures(_ code: String) -> Figures {
        PhraseTable.of(Language.of(tag: code)).figures
    }

    @Test(arguments: [
        ("en", 999, "999"), ("en", 1_000, "1,000"), ("en", 200_000, "200,000"),
        ("en", -1_234_567, "-1,234,567"), ("ru", 1_000, "1000"), ("ru", 12_345, "12\u{A0}345"),
        ("uk", 1_234_567, "1\u{A0}234\u{A0}567"), ("zh", 20_000, "20,000"), ("en", 0, "0"),
        ("en", Int.min, "-9,223,372,036,854,775,808"),
    ])
    func `a number has its language's groups`(code: String, number: Int, text: String) {
        #expect(Self.figures(code).text(number) == text)
    }

    @Test(arguments: [
        ("en", 300, "300 B"), ("en", 1_536, "1.5 KiB"), ("ru", 300, "300\u{A0}Б"),
        ("ru", 1_536, "1,5\u{A0}КиБ"), ("uk", 16 << 20, "16\u{A0}МіБ"),
        ("zh", 3 << 29, "1.5 GiB"), ("ru", 5 << 40, "5120\u{A0}ГиБ"),
    ])
    func `a size has its language's unit and mark`(code: String, bytes: Int, text: String) {
        #expect(Self.figures(code).text(ByteCount(bytes)) == text)
    }

    @Test(arguments: [
        ("en", 5_000_000, "$5.00"), ("en", 3_000, "$0.003"), ("ru", 5_000_000, "5,00\u{A0}$"),
        ("uk", 420_000, "0,42\u{A0}$"), ("zh", 420_000, "0.42 美元"),
    ])
    func `money is written as usual`(code: String, micros: Int64, text: String) {
        #expect(Self.figures(code).text(dollars: micros) == text)
    }

    @Test(arguments: [
        ("en", "28 November 2026, 00:00 UTC"), ("ru", "28 ноября 2026\u{A0}г., 00:00 UTC"),
        ("uk", "28 листопада 2026\u{A0}р., 00:00 UTC"), ("zh", "2026年11月28日 00:00 UTC"),
    ])
    func `a date is written in words`(code: String, text: String) {
        let date = Timestamp(milliseconds: 1_795_824_000_000)
        #expect(Self.figures(code).text(date) == text)
    }

    @Test(arguments: [
        (0, "1\u{A0}с"), (40, "40\u{A0}с"), (119, "119\u{A0}с"), (120, "2\u{A0}мин"),
        (121, "3\u{A0}мин"), (7_140, "119\u{A0}мин"), (7_200, "2\u{A0}ч"), (7_201, "3\u{A0}ч"),
    ])
    func `a wait is rounded up`(seconds: Int, text: String) {
        #expect(Self.figures("ru").text(.seconds(seconds)) == text)
    }
}
