import Testing

@testable import BerthBot

@Suite struct PhraseTests {
    /// The names in braces in a text, and the numbers of their forms.
    private static func fields(_ text: String) -> [(name: String, forms: Int)] {
        text.split(separator: "{", omittingEmptySubsequences: false).dropFirst().map { rest in
            let field = rest.split(separator: "}", omittingEmptySubsequences: false)[0]
            let parts = field.split(separator: "|", omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count - 1)
        }
    }

    private static func names(_ text: String) -> Set<String> { Set(fields(text).map(\.name)) }

    private static let texts: [(Language, String, String)] = PhraseTable.all.flatMap { table in
        table.plain.map { (table.language, $0.key.rawValue, $0.value) }
            + table.filled.map { (table.language, $0.key.rawValue, $0.value) }
            + table.errors.map { (table.language, $0.key.rawValue, $0.value) }
            + table.pages.map { (table.language, $0.key.rawValue, $0.value) }
    }

    @Test func `there is a table for each of four languages`() {
        #expect(Language.spoken.map(\.code) == ["en", "ru", "uk", "zh"])
    }

    @Test func `every table has every text`() {
        for table in PhraseTable.all {
            let name = table.language.name
            #expect(Set(PlainKey.allCases) == Set(table.plain.keys), "\(name)")
            #expect(Set(PhraseKey.allCases) == Set(table.filled.keys), "\(name)")
            #expect(Set(PageKey.allCases) == Set(table.pages.keys), "\(name)")
            let errors = Set(table.errors.keys)
            #expect(errors == (table.language == .english ? [] : Set(ErrorKey.allCases)), "\(name)")
        }
    }

    @Test func `no text is empty, and none has space around it`() {
        for (language, key, text) in Self.texts {
            let isTrimmed = text == text.trimmed
            #expect(!text.isEmpty && isTrimmed, "\(key) in \(language.name)")
        }
    }

    @Test func `a text has the same values in every language`() {
        for table in PhraseTable.all {
            for (key, text) in table.plain {
                #expect(Self.names(text) == [], "\(key) in \(table.language.name)")
            }
            for (key, text) in table.filled {
                let english = PhraseTable.english.filled[key] ?? ""
                #expect(Self.names(text) == Self.names(english), "\(key) in \(table.language.name)")
            }
            for (key, text) in table.pages {
                let english = PhraseTable.english.pages[key] ?? ""
                #expect(Self.names(text) == Self.names(english), "\(key) in \(table.language.name)")
            }
            for (key, text) in table.errors {
                let russian = PhraseTable.russian.errors[key] ?? ""
                #expect(Self.names(text) == Self.names(russian), "\(key) in \(table.language.name)")
            }
        }
    }

    @Test func `a word after a number has as many forms as its language`() {
        for (language, key, text) in Self.texts {
            let plural = PhraseTable.of(language).figures.plural
            let forms = [.none: 0, .english: 2, .slavic: 3][plural]
            for field in Self.fields(text) where field.forms > 0 {
                #expect(field.forms == forms, "\(key) in \(language.name)")
            }
        }
    }

    @Test func `code in a text is the same in every language`() {
        // Commands, options and examples of names are typed as they stand.
        func code(_ text: String?) -> Set<String> {
            let parts = (text ?? "").split(separator: "`", omittingEmptySubsequences: false)
            return Set(
                parts.enumerated().filter { $0.offset % 2 == 1 }
                    .compactMap { $0.element.split(separator: " ").first.map(String.init) }
            )
        }
        let english = PhraseTable.english
        for table in PhraseTable.all {
            let name = table.language.name
            for (key, text) in table.plain {
                #expect(code(text) == code(english.plain[key]), "\(key) in \(name)")
            }
            for (key, text) in table.filled {
                #expect(code(text) == code(english.filled[key]), "\(key) in \(name)")
            }
            for (key, text) in table.pages {
                #expect(code(text) == code(english.pages[key]), "\(key) in \(name)")
            }
        }
    }

    @Test func `each language is written in its own script`() {
        let scripts: [String: ClosedRange<Unicode.Scalar>] = [
            "ru": "\u{410}"..."\u{44F}", "uk": "\u{410}"..."\u{44F}", "zh": "\u{4E00}"..."\u{9FFF}",
        ]
        let others = Set(
            [PlainKey.argumentsImage, .argumentsDelete].map(\.rawValue)
                + [PageKey.fullStop, .placeOf].map(\.rawValue)
        )
        for (language, key, text) in Self.texts where !others.contains(key) {
            let scalars = text.unicodeScalars
            if let script = scripts[language.code] {
                #expect(scalars.contains { script.contains($0) }, "\(key) in \(language.name)")
            } else {
                let isLatin = scalars.allSatisfy { !$0.properties.isAlphabetic || $0.value < 0x250 }
                #expect(isLatin, "\(key) in \(language.name)")
            }
            if language == .ukrainian {
                #expect(!scalars.contains { "ыэёъ".unicodeScalars.contains($0) }, "\(key)")
            }
            if language == .russian {
                #expect(!scalars.contains { "іїєґ".unicodeScalars.contains($0) }, "\(key)")
            }
        }
    }

    @Test(arguments: [
        (1, "1 файл"), (2, "2 файла"), (4, "4 файла"), (5, "5 файлов"), (11, "11 файлов"),
        (12, "12 файлов"), (14, "14 файлов"), (20, "20 файлов"), (21, "21 файл"),
        (22, "22 файла"), (101, "101 файл"), (111, "111 файлов"), (112, "112 файлов"),
        (0, "0 файлов"), (10_001, "10\u{A0}001 файл"),
    ])
    func `a Russian noun agrees with its number`(count: Int, words: String) {
        let text = "{count} {count|файл|файла|файлов}"
        #expect(PhraseTable.russian.fill(text, ["count": .count(count)]) == words)
    }

    @Test(arguments: [
        ("en", 1, "1 file"), ("en", 0, "0 files"), ("en", 21, "21 files"), ("uk", 1, "1 файл"),
        ("uk", 3, "3 файли"), ("uk", 5, "5 файлів"), ("uk", 13, "13 файлів"), ("uk", 31, "31 файл"),
        ("zh", 1, "1 个文件"), ("zh", 5, "5 个文件"),
    ])
    func `a noun agrees with its number`(code: String, count: Int, words: String) throws {
        let nouns = ["en": "file|files", "uk": "файл|файли|файлів", "zh": ""]
        let table = PhraseTable.of(Language.of(tag: code))
        let noun = try #require(nouns[code])
        let text = noun.isEmpty ? "{n} 个文件" : "{n} {n|\(noun)}"
        #expect(table.fill(text, ["n": .count(count)]) == words)
    }

    @Test func `a value is never read as a part of the text`() {
        let words = Phrase.unknownCommand("{word}").text(in: .russian)
        #expect(words.contains("`/{word}`"))
    }
}
