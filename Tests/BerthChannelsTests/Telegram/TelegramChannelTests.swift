import BerthBot
import BerthChannels
import BerthConfig
import BerthLoop
import BerthSimulation
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

@Suite(.loop, .timeLimit(.minutes(20))) struct TelegramChannelTests {
    @Loop @Test func `a message is answered with its formats, once`() async throws {
        try await TelegramBench.run { bench in
            let said = try await bench.exchange("hi", "**Hello** *you*")
            #expect(said == "Hello you")
            let sent = try #require(bench.telegram.sent.last { $0.method == "sendmessage" })
            #expect(sent.arguments["entities"]?.contains("bold") == true)
            #expect(sent.arguments["parse_mode"] == nil)
            #expect(sent.arguments["reply_markup"]?.contains("a:1") == true)
            let second = try await bench.exchange("more", "Fine")
            #expect(second == "Fine" && bench.texts() == ["Hello you", "Fine"])
            #expect(bench.telegram.faults.isEmpty)
        }
    }

    @Loop @Test func `updates that come again are answered once`() async throws {
        try await TelegramBench.run { bench in
            let json =
                #""message":{"message_id":9,"date":1,"chat":{"id":5,"type":"private"},"#
                + #""from":{"id":5,"is_bot":false,"first_name":"A"},"text":"/usage"}"#
            for _ in 0..<3 { bench.telegram.bring(json, id: 900_500, key: 5) }
            _ = await bench.hears(1)
            bench.telegram.bring("/help", in: 5, from: TelegramBench.ann)
            let texts = await bench.hears(2)
            #expect(texts.count == 2 && texts[0].contains("requests today"))
        }
    }

    @Loop
    @Test(arguments: [
        FakeTelegram.FaultKind.cutPoll, .dropAfter, .dropBefore, .gateway, .restart, .slow,
        .garbage, .conflict,
    ])
    func `a question for updates that fails loses and doubles nothing`(
        _ kind: FakeTelegram.FaultKind
    ) async throws {
        try await TelegramBench.run { bench in
            // The question that waits is not struck, the next one is.
            let asked = { bench.telegram.counts["getupdates"] ?? 0 }
            _ = await eventually { asked() == 1 }
            bench.fake.fail(kind, "getUpdates")
            bench.telegram.bring("/usage", in: 5, from: TelegramBench.ann)
            _ = await bench.hears(1)
            _ = await eventually { asked() == 2 }
            bench.telegram.bring("/files", in: 5, from: TelegramBench.ann)
            for _ in 0..<5 where bench.texts().count < 2 {
                await settle()
                bench.bot.clock.advance(by: .seconds(2))
            }
            let texts = await bench.hears(2)
            bench.telegram.bring("/new", in: 5, from: TelegramBench.ann)
            let all = await bench.hears(3)
            #expect(texts.count == 2 && all.count == 3)
            #expect(all[1].contains("You have no files") && all[2].contains("Earlier messages"))
        }
    }

    @Loop @Test func `commands answer as on the web`() async throws {
        try await TelegramBench.run { bench in
            for (command, words) in [
                ("/new", "Earlier messages"), ("/model", "This conversation uses"),
                ("/nope", "There is no command"), ("/files", "You have no files"),
            ] {
                let before = bench.texts().count
                bench.telegram.bring(command, in: 5, from: TelegramBench.ann)
                let said = await bench.hears(before + 1).last
                #expect(said?.contains(words) == true)
                bench.bot.clock.advance(by: .seconds(2))
            }
        }
    }

    @Loop @Test func `stop ends the answer that is written, out of turn`() async throws {
        try await TelegramBench.run { bench in
            bench.telegram.bring("long", in: 5, from: TelegramBench.ann)
            let call = try await bench.bot.hand.call()
            call.say("The beginning")
            bench.telegram.bring("later", in: 5, from: TelegramBench.ann)
            bench.telegram.bring("/stop", in: 5, from: TelegramBench.ann)
            let texts = await bench.hears(2)
            #expect(Set(texts) == ["Stopped.", "The beginning"])
            let next = try await bench.bot.hand.call()
            next.say("Done")
            next.finish()
            let last = await bench.hears(3).last
            #expect(last == "Done")
        }
    }

    @Loop @Test func `messages of a chat are answered one after the other`() async throws {
        try await TelegramBench.run { bench in
            for number in 1...3 {
                bench.telegram.bring("m\(number)", in: 5, from: TelegramBench.ann)
            }
            for number in 1...3 {
                let call = try await bench.bot.hand.call()
                #expect(bench.texts().count == number - 1)
                call.say("a\(number)")
                call.finish()
                let texts = await bench.hears(number)
                #expect(texts.last == "a\(number)")
            }
        }
    }

    // MARK: Access

    @Loop @Test func `a stranger is told once that the bot is for invited people`() async throws {
        try await TelegramBench.run { bench in
            for _ in 0..<3 { bench.telegram.bring("hello", in: 6, from: TelegramBench.bob) }
            let texts = await bench.hears(1, in: 6)
            #expect(texts.first?.contains("for invited people") == true)
            let said = try await bench.exchange("hi", "hello")
            #expect(said == "hello" && bench.texts(to: 6).count == 1)
        }
    }

    @Loop @Test func `an invitation's link makes its user the tenant, once`() async throws {
        try await TelegramBench.run { bench in
            _ = try await bench.exchange("hi", "hello")
            let answer = try await bench.bot.admin(
                "POST",
                "/admin/invitations",
                #"{"name":"bob"}"#
            )
            let links = try #require(answer.object?.elements("links"))
            #expect(links.count == 1 && answer.text.contains("https://t.me/fake42_bot?start="))
            let start = try #require(answer.text.firstRange(of: "?start="))
            let code = answer.text[start.upperBound...].prefix { $0 != "\"" }
            bench.telegram.bring("/start \(code)", in: 6, from: TelegramBench.bob)
            let welcome = await bench.hears(1, in: 6)
            #expect(welcome.first?.hasPrefix("Hello! Write to me") == true)
            let said = try await bench.exchange("hi", "Hi Bob", in: 6, from: TelegramBench.bob)
            #expect(said == "Hi Bob")
            let bob = try bench.bot.bot.tenants.named("bob")
            let known = try await bench.bot.store.tenant(channel: .telegram, external: "6")
            #expect(known == bob.row.id)
            let eve = FakeTelegramPerson(id: 7, name: "Eve")
            bench.telegram.bring("/start \(code)", in: 7, from: eve)
            let refused = await bench.hears(1, in: 7)
            #expect(refused.first?.contains("was used") == true)
        }
    }

    @Loop @Test func `in mode approve the operator lets a person in by a button`() async throws {
        var change = TelegramBench.Change()
        (change.access, change.operatorID) = (.approve, 5)
        try await TelegramBench.run(change) { bench in
            bench.telegram.bring("hello", in: 6, from: TelegramBench.bob)
            let asked = await bench.hears(1)
            #expect(asked == ["Bob asks for access to the bot."])
            let told = await bench.hears(1, in: 6)
            #expect(told.first?.hasPrefix("Your request was sent to the operator") == true)
            let message = try #require(bench.telegram.sent.last { $0.chat == 5 }).message
            // A stranger presses the operator's button.
            bench.telegram.bring(press: "y:1", on: message, in: 6, from: TelegramBench.bob)
            _ = await eventually { bench.telegram.counts["answercallbackquery"] == 1 }
            bench.telegram.bring(press: "y:1", on: message, in: 5, from: TelegramBench.ann)
            let in6 = await bench.hears(2, in: 6)
            #expect(in6.last?.contains("You have access now") == true)
            bench.bot.clock.advance(by: .seconds(2))
            let said = try await bench.exchange("hi", "Hi Bob", in: 6, from: TelegramBench.bob)
            #expect(said == "Hi Bob")
            let presses = bench.telegram.sent.filter { $0.method == "answercallbackquery" }
                .map(\.text)
            #expect(presses == ["This button belongs to somebody else.", "Bob has access now."])
        }
    }

    @Loop @Test func `in mode open anybody becomes a tenant`() async throws {
        var change = TelegramBench.Change()
        change.access = .open
        try await TelegramBench.run(change) { bench in
            let said = try await bench.exchange("hi", "Hello", in: 6, from: TelegramBench.bob)
            #expect(said == "Hello")
            let names = bench.bot.bot.tenants.all.map(\.name)
            #expect(names.contains("bob"))
        }
    }
}
