import RegexBuilder
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

/// The words of the web pages are in the phrase tables alone.
@Suite struct PageWordsTests {
    @Test func `the web pages and their scripts have no words of their own`() {
        expectNone(\.strayPageWords)
    }

    @Test(arguments: [
        ("a.html", "<p>Log in</p>"), ("a.html", "<p>\nSend {{it}}\n</p>"),
        ("a.html", #"<a title="Close">"#), ("a.html", #"<p aria-label="Your {{list}}">"#),
        ("a.html", #"<input placeholder="Search">"#), ("a.html", "<title>Вход · Berth</title>"),
        ("a.js", #"(p("Nothing was found."))"#), ("a.js", "{ say(`${n} results`) }"),
        ("a.js", #" button("Copy", "link", copy)"#), ("a.js", #"{ "aria-label": "Code" }"#),
        ("a.js", #"notice("Отправлено")"#), ("a.js", #"e.textContent = "copied""#),
        ("a.js", #"make("p", {}, "deleted")"#), ("a.js", "{ title: `Version ${n}` }"),
    ])
    func `words outside of the tables are found`(name: String, text: String) {
        #expect(sample(text, at: "Sources/BerthChannels/Web/\(name)").strayPageWords.count == 1)
        #expect(sample(text, at: "docs/\(name)").strayPageWords.isEmpty)
    }

    @Test(arguments: [
        ("a.html", "<title>{{login}} · Berth</title>"), ("a.html", #"<p title="{{close}}">"#),
        ("a.html", "<!-- a comment of ours --><p>{{login}}</p>"),
        ("a.html", "<pre>url: {{url}}</pre>"),
        ("a.html", #"<img alt="">"#), ("a.js", #"p(w("nothingFound"))"#),
        ("a.js", "// Shows that nothing was found.\nlet a = 1"),
        ("a.js", #"call("POST", "/web/files")"#),
        ("a.js", #"button("‹", "icon", back)"#),
        ("a.js", "make(\"p\", { class: \"a b\" }, w(\"copy\"))"),
        ("a.js", "e.textContent = text"), ("a.js", "find(`#list a[href=\"#${id}\"]`)"),
    ])
    func `names and values are not words`(name: String, text: String) {
        #expect(sample(text, at: "Sources/BerthChannels/Web/\(name)").strayPageWords.isEmpty)
    }
}

extension SourceFile {
    /// The words in a page's text or labels, and those that a script shows.
    var strayPageWords: [Finding] {
        guard path.contains("/Web/"), path.hasPrefix("Sources/") else { return [] }
        var text = text
        for comment in [#/(?s)<!--.*?-->/#, #/(?s)/\*.*?\*//#, #/(?m)(?:^|\s)//\s.*$/#] {
            text.replace(comment) { match in match.output.filter { $0 == "\n" } }
        }
        let isScript = path.hasSuffix(".js")
        guard isScript || path.hasSuffix(".html") else { return [] }
        let shown = isScript ? text.shownByScript : text.shownByPage
        let lines = Set(
            shown.filter { words in
                words.replacing(#/\{\{[^}]*\}\}|\$\{[^}]*\}|Berth|url:/#, with: "")
                    .contains(#/[a-z]|[\u{400}-\u{FFFF}&&\p{L}]/#)
            }.map { words in text[..<words.startIndex].count { $0 == "\n" } + 1 }
        )
        let advice = "words of a page: give them a key in PageKey and the phrase tables"
        return lines.sorted().map { finding($0, advice) }
    }

    /// The texts for people in the parts that speak with chat users, except for the phrase tables,
    /// the names of languages, the instructions for models, and the help of metrics.
    var strayChatWords: [Finding] {
        let speaks = path.hasPrefix("Sources/BerthBot/") || path.contains("Channels/Telegram/")
        let exceptions = [
            "/Phrases/", "/Language.swift", "/LanguageNames.swift", "/LanguageChoice.swift",
            "/Translation.swift", "/OutlinePrompt.swift", "Metrics.swift",
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
    /// The texts between the tags of a page, and its labels.
    fileprivate var shownByPage: [Substring] {
        matches(of: #/>([^<>]*)(?=<)/#).map(\.1)
            + matches(of: #/\s(?:aria-label|title|placeholder|alt)="([^"]*)"/#).map(\.1)
    }

    /// The strings of a script that stand where words are shown or spoken, and sentences anywhere.
    fileprivate var shownByScript: [Substring] {
        let place =
            #/\W(?:button|p|say|notice)\(\s*|(?:\WtextContent =|\Wtitle:|"aria-label":|\Walt:|\},)\s*/#
        let string = #/"(?:[^"\\\n]|\\.)*"|`(?:[^`\\\n]|\\.)*`/#
        let strings = Regex {
            Optionally {
                ChoiceOf {
                    Capture { place }
                    Capture { "Error(" }
                }
            }
            Capture { string }
        }
        return matches(of: strings).compactMap { match in
            let text = match.3.dropFirst().dropLast()
            guard match.2 ?? nil == nil else { return nil }
            let isSentence = text.contains(#/^[A-Z][a-z’']* .*\p{L}|[\u{400}-\u{9FFF}]/#)
            return (match.1 ?? nil) != nil || isSentence ? text : nil
        }
    }

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
