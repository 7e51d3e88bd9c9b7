import BerthBot
import BerthConfig
import BerthLoop
import BerthMemory
import BerthStore
import BerthTestKit
import BerthWork
import Testing

/// Instructions and prompts of people, in their prompts and commands.
@Suite(.loop, .timeLimit(.minutes(20))) struct OwnTextTests {
    private static let system = Setup { $0.system = "You are Berth." }

    @Loop @Test func `instructions follow the operator's text, for the person and a conversation`()
        async throws
    {
        try await withBot(Self.system) { bot in
            let (session, other) = (try await bot.session(), try await bot.session())
            #expect(
                try await bot.command("/instructions", in: session).hasPrefix("You have given no")
            )
            #expect(
                try await bot.command("/instructions Answer in verse.", in: session)
                    .hasPrefix("Done")
            )
            _ = try await bot.command("/instructions here Be\nbrief.", in: session)
            let call = try await bot.exchange("hello", "hi", in: session)
            #expect(
                call.messages == [
                    """
                    system: You are Berth.

                    Instructions of the person who writes:
                    Answer in verse.

                    Instructions of that person for this conversation:
                    Be
                    brief.
                    """, "user: hello",
                ]
            )
            let plain = try await bot.exchange("hello there", "hi", in: other)
            #expect(plain.messages[0].hasSuffix("Answer in verse."))
            let shown = try await bot.command("/instructions", in: session)
            #expect(shown.contains("Answer in verse.") && shown.contains("Be\nbrief."))

            let (bob, _) = try await bot.bot.tenants.add("bob")
            let theirs = try await bot.session(of: bob)
            let foreign = try await bot.exchange("hello", "hi", in: theirs, by: bob)
            #expect(foreign.messages == ["system: You are Berth.", "user: hello"])

            _ = try await bot.command("/instructions none", in: session)
            _ = try await bot.command("/instructions here none", in: session)
            let last = try await bot.exchange("and now?", "hi", in: session)
            #expect(last.messages[0] == "system: You are Berth.")
            #expect(await eventually { bot.ann.account.held == .zero })
        }
    }

    @Loop @Test func `a translation has no instructions`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            try await bot.bot.ownTexts.instruct("Answer in verse.", by: bot.ann)
            let call = try await bot.exchange("/translate de hello", "hallo", in: session)
            #expect(!call.messages.joined().contains("verse"))
        }
    }

    @Loop @Test func `instructions that are the same for two people share no answer`() async throws
    {
        let setup = Setup { settings in
            settings.chatModels.removeAll { $0.provider != "hand" }
            settings.cache.scope = .safe
        }
        try await withBot(setup) { bot in
            let (bob, _) = try await bot.bot.tenants.add("bob")
            for tenant in [bot.ann, bob] {
                try await bot.bot.ownTexts.instruct("Answer in verse.", by: tenant)
                let session = try await bot.session(of: tenant)
                try await bot.exchange("hello", "hi", in: session, by: tenant)
            }
            #expect(bot.hand.received == 2)
        }
    }

    @Loop @Test func `instructions that are too long are refused with the limit`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let most = OwnTexts.longestInstructions.bytes
            let long = String(repeating: "é", count: most / 2 + 1)
            let error = await bot.failure { try await bot.bot.ownTexts.instruct(long, by: bot.ann) }
            #expect(error?.name == "textTooLong")
            let fits = String(repeating: "é", count: most / 2)
            try await bot.bot.ownTexts.instruct(fits, in: session, by: bot.ann)
            #expect(try await bot.bot.ownTexts.instructions(in: session, of: bot.ann) == fits)
        }
    }

    @Loop @Test func `instructions that leave no room for the message are told with what fits`()
        async throws
    {
        let setup = Setup { settings in
            settings.allowAnswers(ofTokens: 1_000)
            settings.chatModels[0].context = 2_000
        }
        try await withBot(setup) { bot in
            let session = try await bot.session()
            let text = String(repeating: "x", count: 8_000)
            try await bot.bot.ownTexts.instruct(text, by: bot.ann)
            let error = await bot.failure {
                _ = try await bot.bot.turns.begin("hello", in: session, by: bot.ann)
            }
            #expect(error?.name == "textTooLong")
        }
    }

    @Loop
    @Test(arguments: [
        ("greet", "/greet", "Say hello politely."),
        ("Grüß_dich", "/grüß_dich", "Say hello politely."),
        ("greet", "/Greet to my aunt", "Say hello politely.\n\nto my aunt"),
        ("приветствие", "/приветствие", "Say hello politely."),
    ])
    func `a prompt is sent by its name, with the words behind it`(
        name: String,
        message: String,
        sent: String
    ) async throws {
        try await withBot { bot in
            let session = try await bot.session()
            try await bot.bot.ownTexts.keepPrompt(name, " Say hello politely.\n", of: bot.ann)
            let call = try await bot.exchange(message, "hello", in: session)
            #expect(call.messages == ["user: \(sent)"])
            #expect(try await bot.history(session).first?.text == sent)
            let list = try await bot.command("/prompts", in: session)
            #expect(list.contains("`/\(name.lowercased())`"))
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let theirs = try await bot.session(of: bob)
            let turn = try await bot.bot.turns.begin(message, in: theirs, by: bob)
            #expect(try await turn.ended().text.contains("There is no command"))
        }
    }

    @Loop
    @Test(arguments: [
        "", "two words", "help", "IMAGE", "start", "a/b", "a1", "../x", "`x`",
        String(repeating: "ж", count: 17), "a\nb",
    ])
    func `a name that cannot be sent as a command is refused`(name: String) async throws {
        try await withBot { bot in
            let error = await bot.failure {
                try await bot.bot.ownTexts.keepPrompt(name, "text", of: bot.ann)
            }
            #expect(error?.name == "promptName")
            let kept = try await bot.bot.ownTexts.list(of: bot.ann)
            #expect(kept.isEmpty)
        }
    }

    @Loop @Test func `prompts have bounds, and a prompt that is a command acts as one`()
        async throws
    {
        try await withBot { bot in
            let (session, texts) = (try await bot.session(), bot.bot.ownTexts)
            let names = (1...OwnTexts.mostPrompts).map {
                String(repeating: $0 > 30 ? "ж" : "x", count: $0 > 30 ? ($0 - 30) / 2 + 1 : $0)
                    + ($0 > 30 && $0 % 2 == 0 ? "a" : "")
            }
            for name in names { try await texts.keepPrompt(name, "text", of: bot.ann) }
            let error = await bot.failure {
                try await texts.keepPrompt("more", "text", of: bot.ann)
            }
            #expect(error?.name == "tooManyPrompts")
            let long = String(repeating: "x", count: OwnTexts.longestPrompt.bytes + 1)
            let tooLong = await bot.failure {
                try await texts.keepPrompt(names[0], long, of: bot.ann)
            }
            #expect(tooLong?.name == "textTooLong")
            try await texts.keepPrompt(names[0], "", of: bot.ann)
            try await texts.keepPrompt("spent", "/usage", of: bot.ann)
            #expect(try await bot.command("/spent", in: session).contains("| requests today |"))
            // A prompt that names itself is not replaced again.
            try await texts.keepPrompt("spent", "/spent", of: bot.ann)
            #expect(try await bot.command("/spent", in: session).contains("no command `/spent`"))
        }
    }
}
