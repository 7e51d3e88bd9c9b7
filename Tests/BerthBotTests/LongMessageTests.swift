import BerthBot
import BerthConfig
import BerthFiles
import BerthLoop
import BerthMemory
import BerthStore
import BerthTestKit
import BerthWork
import Testing

/// Messages that are too long for their turn, whose text is a file.
@Suite(.loop, .timeLimit(.minutes(20))) struct LongMessageTests {
    private static let setup = Setup { settings in
        settings.chatModels.removeAll { $0.provider != "hand" }
        settings.allowAnswers(ofTokens: 1_000)
        for index in settings.chatModels.indices { settings.chatModels[index].context = 900_000 }
    }

    private static func text(_ count: Int) -> String {
        "Read this: " + String(repeating: "слово ", count: count / 11)
    }

    @Loop @Test func `a long message is stored in its turn, and a longer one as a file`()
        async throws
    {
        try await withBot(Self.setup) { bot in
            let session = try await bot.session()
            let long = Self.text(200 << 10).trimmingEnd
            let call = try await bot.exchange(long, "read", in: session)
            #expect(call.messages == ["user: \(long)"])
            let longer = Self.text(300 << 10).trimmingEnd
            let next = try await bot.exchange(longer, "read too", in: session)
            #expect(next.messages.last == "user: \(longer)")
            let turns = try await bot.history(session)
            #expect(turns[0].text == long && turns[0].wholeText == nil)
            #expect(turns[1].text.utf8.count < 2_060 && turns[1].text.hasPrefix("Read this:"))
            #expect(turns[1].wholeText?.bytes == longer.utf8.count)
            // The next prompt has the whole text too.
            let last = try await bot.exchange("and now?", "yes", in: session)
            #expect(last.messages.count == 5 && last.messages[2] == "user: \(longer)")
            #expect(await eventually { bot.ann.account.held == .zero })
        }
    }

    @Loop @Test func `a long message is asked again with its whole text`() async throws {
        try await withBot(Self.setup) { bot in
            let session = try await bot.session()
            let longer = Self.text(300 << 10).trimmingEnd
            let (turn, call) = try await bot.ask(longer, in: session)
            call.say("one")
            call.finish()
            _ = try await turn.ended()
            let again = try await bot.bot.turns.again(turn.id, by: bot.ann)
            let other = try await bot.hand.call()
            other.say("two")
            other.finish()
            _ = try await again.ended()
            #expect(other.messages == ["user: \(longer)"])
            // Both turns use the one file.
            let files = try await bot.bot.files.list(of: bot.ann.row.id, limit: 9)
            #expect(files.map(\.kind) == ["text/plain"])
        }
    }

    @Loop @Test func `of a text whose file was deleted, the beginning is repeated`() async throws {
        try await withBot(Self.setup) { bot in
            let session = try await bot.session()
            try await bot.exchange(Self.text(300 << 10), "read", in: session)
            let files = try await bot.bot.files.list(of: bot.ann.row.id, limit: 9)
            for file in files { try await bot.bot.files.deleteWithThumbnails(file) }
            let last = try await bot.exchange("and now?", "yes", in: session)
            #expect(last.messages.count == 3)
            #expect(last.messages[0].utf8.count < 3_000)
            let turn = try #require(try await bot.history(session).first)
            #expect(turn.wholeText != nil && turn.wholeText?.url == nil)
            let refusal = await bot.failure {
                _ = try await bot.bot.turns.again(turn.id, by: bot.ann)
            }
            #expect(refusal?.name == "files")
        }
    }

    @Loop @Test func `a message beyond 2 MiB, a long translation and a long order are refused`()
        async throws
    {
        try await withBot(Self.setup) { bot in
            let session = try await bot.session()
            for text in [
                Self.text((2 << 20) + 100), "/translate de " + Self.text(300 << 10),
                "/image " + Self.text(40 << 10),
            ] {
                let refusal = await bot.failure {
                    _ = try await bot.bot.turns.begin(text, in: session, by: bot.ann)
                }
                #expect(refusal?.name == "textTooLong")
            }
            #expect(try await bot.history(session).isEmpty)
        }
    }

    @Loop @Test func `a text beyond the model's context is refused with what would fit`()
        async throws
    {
        let small = Setup { settings in
            settings.chatModels.removeAll { $0.provider != "hand" }
            settings.allowAnswers(ofTokens: 1_000)
        }
        try await withBot(small) { bot in
            let session = try await bot.session()
            let refusal = await bot.failure {
                _ = try await bot.bot.turns.begin(Self.text(300 << 10), in: session, by: bot.ann)
            }
            #expect(refusal?.name == "textTooLong")
            #expect(try await bot.bot.files.list(of: bot.ann.row.id, limit: 9).isEmpty)
        }
    }
}

extension String {
    /// The text without the space at its end.
    fileprivate var trimmingEnd: String { hasSuffix(" ") ? String(dropLast()) : self }
}
