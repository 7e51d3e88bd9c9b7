import BerthConfig
import BerthFiles
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTestKit
import BerthWork
import Testing

@testable import BerthBot

@Suite struct LanguageChoiceTests {
    @Test(
        arguments: [
            ("ru-RU,ru;q=0.9,en-US;q=0.8", "ru"), ("de-DE,de;q=0.9,uk;q=0.5,en;q=0.4", "uk"),
            ("en;q=0.4, zh-Hans-CN;q=0.9", "zh"), ("de,fr;q=0.9", "en"), ("zh-TW", "zh"),
            ("EN", "en"),
            ("uk_UA", "uk"), ("ru;q=0, en;q=0.1", "en"), ("ru;q=0", nil), ("ru;q=nan,en", "en"),
            ("ru;level=1;q=0.2,en;q=0.1", "ru"), ("", nil), ("*", nil), (";;,,;q=", nil),
            ("ru;q=9,en", "ru"), ("ru;q=-1,en;q=0.1", "en"),
        ] as [(String, String?)]
    )
    func `a browser's best language that the bot speaks is used`(header: String, code: String?) {
        #expect(Language.preferred(in: header)?.code == code)
    }

    @Test func `a header with many languages is read to a bound`() {
        let many = String(repeating: "de,", count: 10_000)
        #expect(Language.preferred(in: many + "ru") == .english)
        #expect(Language.preferred(in: "ru," + many) == .russian)
    }

    @Test(arguments: [
        ("ru", "ru"), ("RU", "ru"), ("Русский", "ru"), ("Russian", "ru"), ("українська", "uk"),
        ("ua", "uk"), ("uk", "uk"), ("zh-CN", "zh"), ("cn", "zh"), ("中文", "zh"), ("English", "en"),
    ])
    func `a language is named in several ways`(word: String, code: String) {
        #expect(LanguageChoice(word) == .language(Language.of(tag: code)))
    }

    @Test func `other words name none`() {
        #expect(LanguageChoice("") == .none)
        #expect(LanguageChoice("auto") == .automatic && LanguageChoice("АВТО") == .automatic)
        for word in ["de", "Deutsch", "klingon", "ru ru", "-ru", "`x`"] {
            #expect(LanguageChoice(word) == .unknown(word))
        }
    }
}

@Suite struct BotCommandTests {
    @Test func `each language has a menu within Telegram's limits`() {
        #expect(BotCommand.menus.map(\.language) == ["en", "ru", "uk", "zh"])
        for menu in BotCommand.menus {
            #expect(1...100 ~= menu.commands.count)
            #expect(Set(menu.commands.map(\.name)).count == menu.commands.count)
            for command in menu.commands {
                let isName = command.name.utf8.allSatisfy {
                    0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 || $0 == 0x5F
                }
                #expect(isName && 1...32 ~= command.name.utf8.count, "\(command.name)")
                #expect(1...256 ~= command.description.utf16.count, "\(command.name)")
                #expect(!command.description.contains("`"), "\(command.name)")
            }
        }
    }

    @Test func `every command of the list is one, and help lists every command`() {
        for table in PhraseTable.all {
            let help = Phrase.help.text(in: table.language)
            for command in BotCommand.allCases {
                #expect(help.contains("| `/\(command.rawValue)"), "\(command)")
                let read = Command("/\(command.rawValue)")
                if case .unknown = read { Issue.record("\(command) is unknown") }
                #expect(read != nil)
            }
        }
    }
}

@Suite(.loop, .timeLimit(.minutes(20))) struct SpokenLanguageTests {
    @Loop @Test func `a person chooses a language, and follows the device again`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let (tenants, ann) = (bot.bot.tenants, bot.ann)
            try await tenants.hear(.ukrainian, from: ann)
            let automatic = try await bot.command("/lang", in: session)
            #expect(automatic.contains("Мова бота: Українська"))
            #expect(automatic.contains("`/lang ru` Русский"))
            let chosen = try await bot.command("/lang ru", in: session)
            #expect(chosen == "Готово. Теперь язык бота: Русский.")
            // A device in another language changes nothing now.
            try await tenants.hear(.chinese, from: ann)
            #expect(try await bot.command("/stop", in: session) == "Останавливать нечего.")
            #expect(try await bot.command("/lang", in: session).contains("вы его выбрали"))
            let unknown = try await bot.command("/lang `de`", in: session)
            #expect(unknown.contains("`'de'`"))
            let reset = try await bot.command("/lang auto", in: session)
            #expect(reset.contains("目前是中文"))
            #expect(try await bot.command("/stop", in: session) == "没有正在生成的回答。")
            let row = try await bot.store.tenant(ann.row.id)
            #expect(row?.language == nil && row?.heardLanguage == "zh")
        }
    }

    @Loop @Test func `the language of a person outlives a restart`() async throws {
        let folder = try TemporaryFolder(inMemory: true)
        try await withBot(Setup(folder: folder)) { bot in
            _ = try await bot.command("/lang uk", in: try await bot.session())
        }
        try await withBot(Setup(folder: folder, seed: 2)) { bot in
            let language = bot.ann.language
            #expect(language == .ukrainian)
        }
    }

    @Loop @Test func `every answer to a command is in the person's language`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            for (language, letters) in [
                (Language.russian, "А"..."я"), (.ukrainian, "А"..."я"), (.chinese, "一"..."鿿"),
            ] as [(Language, ClosedRange<Unicode.Scalar>)] {
                try await bot.bot.tenants.hear(language, from: bot.ann)
                for command in BotCommand.allCases + [nil, nil, nil] {
                    let text = command.map { "/\($0.rawValue)" }
                    for text in text.map({ [$0] }) ?? ["/dance", "/model none", "/delete none"] {
                        let answer = try await bot.command(text, in: session)
                        let isOwn = answer.unicodeScalars.contains { letters.contains($0) }
                        #expect(isOwn, "\(text) in \(language.name): \(answer)")
                        #expect(!answer.contains("{"), "\(text) in \(language.name)")
                    }
                }
            }
        }
    }

    @Loop @Test func `a used-up quota is told in the person's language, with its figures`()
        async throws
    {
        try await withBot(Setup { $0.quotas.requestsPerDay = 1 }) { bot in
            let session = try await bot.session()
            try await bot.bot.tenants.hear(.russian, from: bot.ann)
            try await bot.exchange("one", "eins", in: session)
            await bot.bot.meter.drain()
            let refused = await bot.failure {
                _ = try await bot.bot.turns.begin("two", in: session, by: bot.ann)
            }
            let error = try #require(refused)
            let words = Phrase.refusal(error).text(in: bot.ann.language)
            #expect(words.hasPrefix("израсходовано 1 из 1 запроса в день"))
        }
    }

    @Loop @Test func `a failed turn is told in the person's language, and in English to operators`()
        async throws
    {
        try await withBot { bot in
            let session = try await bot.session()
            try await bot.bot.tenants.hear(.russian, from: bot.ann)
            let (turn, call) = try await bot.ask("hello", in: session)
            call.say("part")
            call.cut()
            let outcome = try await turn.ended().outcome
            #expect(outcome.error?.contains("оборвал ответ") == true)
            let stored = try await bot.history(session).first
            #expect(stored?.error == outcome.error)
            let troubled = try await bot.bot.turns.troubled(limit: 1)
            #expect(troubled.first?.reason?.contains("ended the answer early") == true)
        }
    }

    @Loop @Test func `an uncertain turn of a killed service is told in the payer's language`()
        async throws
    {
        let replies = Replies([.telegram: Echo()])
        let place = Place(channel: .telegram, chat: "7")
        #expect(replies.uncertain(at: place, in: "ru").map(\.body).joined().contains("прервался"))
        #expect(replies.uncertain(at: place, in: nil).map(\.body).joined().contains("broke off"))
    }

    @Loop @Test func `a translation goes into the person's language`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            try await bot.bot.tenants.hear(.ukrainian, from: bot.ann)
            let (turn, call) = try await bot.ask("/translate Good morning", in: session)
            #expect(call.messages.first?.contains("Translate it into Ukrainian.") == true)
            call.say("Доброго ранку")
            call.finish()
            #expect(try await turn.ended().text == "Доброго ранку")
            let (named, other) = try await bot.ask("/translate de Good morning", in: session)
            #expect(other.messages.first?.contains("Translate it into German.") == true)
            other.finish()
            _ = try await named.ended()
        }
    }
}

/// A channel's form that says what is wrong.
private struct Echo: ReplyParts {
    func parts(of outcome: TurnOutcome, at place: Place, in language: Language) -> [String] {
        [outcome.error ?? ""]
    }
}
