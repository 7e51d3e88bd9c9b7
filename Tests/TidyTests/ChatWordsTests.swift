import Testing

/// The words for the users of a chat are in the phrase tables alone.
@Suite struct ChatWordsTests {
    @Test func `no words for chat users are outside the phrase tables`() {
        expectNone(\.strayChatWords)
    }

    @Test(arguments: [
        #"reply("You have no files here.")"#, #"let a = "Please wait for the answer!""#,
        #"throw .body("a command takes no pictures")"#,
        #"TurnOutcome(.failed, answer: "", error: "it failed")"#,
        #"outcome.error = "it failed""#, #"send("Готово")"#, #"send("完成")"#,
    ])
    func `words elsewhere are found`(text: String) {
        for path in ["BerthBot/A.swift", "BerthChannels/Telegram/Answering/A.swift"] {
            #expect(sample(text, at: "Sources/\(path)").strayChatWords.count == 1)
        }
        #expect(sample(text, at: "Sources/BerthBot/Phrases/A.swift").strayChatWords.isEmpty)
        #expect(sample(text, at: "Sources/BerthAdmin/A.swift").strayChatWords.isEmpty)
        #expect(sample(text, at: "Tests/BerthBotTests/A.swift").strayChatWords.isEmpty)
    }

    @Test(arguments: [
        #"log.warning("the tenant's turn was not found")"#, #"word("a.b", "?")"#,
        #"precondition(isHere, "off the loop's thread")"#, #"throw .body(error.description)"#,
        "// You have no files here.", #"outcome.error = Phrase(.stopped).text(in: a)"#,
    ])
    func `other texts are not`(text: String) {
        #expect(sample(text, at: "Sources/BerthBot/A.swift").strayChatWords.isEmpty)
    }
}

extension SourceFile {
    /// The texts for people in the parts that speak with chat users, except for the phrase tables,
    /// the names of languages, the instructions for models, and the help of metrics.
    var strayChatWords: [Finding] {
        let speaks = path.hasPrefix("Sources/BerthBot/") || path.contains("Channels/Telegram/")
        let exceptions = [
            "/Phrases/", "/Language.swift", "/LanguageNames.swift", "/LanguageChoice.swift",
            "/Translation.swift", "Metrics.swift",
        ]
        guard isSwift, speaks, !isTest, !exceptions.contains(where: { path.contains($0) }) else {
            return []
        }
        let advice = "words for chat users: give them a key in the phrase tables"
        return tokens.indices.compactMap { index in
            guard tokens[index].kind == .string else { return nil }
            let text = tokens[index].text
            let isForReader = text.isSentence || text.hasOtherScript || isReason(index)
            return isForReader ? finding(tokens[index].line, advice) : nil
        }
    }

    /// Whether a string is given as the reason of a refusal or of a turn's end.
    private func isReason(_ index: Int) -> Bool {
        guard index >= 2, !tokens[index].text.isEmpty else { return false }
        let (before, last) = (tokens[index - 2], tokens[index - 1])
        if before.is("body") { return last.is("(") }
        return before.is("error") && (last.is(":") || last.is("="))
    }
}

extension String {
    /// Whether it is a sentence of three words or more.
    fileprivate var isSentence: Bool {
        guard let first = unicodeScalars.first, first.properties.isUppercase, let last else {
            return false
        }
        return ".!?".contains(last) && split(separator: " ").count >= 3
    }

    /// Whether it has letters that English does not have.
    fileprivate var hasOtherScript: Bool {
        unicodeScalars.contains { $0.value >= 0x400 && $0.properties.isAlphabetic }
    }
}
