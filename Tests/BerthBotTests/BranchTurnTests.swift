import BerthBot
import BerthConfig
import BerthLoop
import BerthProviders
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// Other answers, other words, the rest of a cut answer, and questions that are asked again.
@Suite(.loop, .timeLimit(.minutes(20))) struct BranchTurnTests {
    private static let cached = Setup { settings in
        settings.cache.scope = .safe
        settings.chatModels.removeAll { $0.provider != "hand" }
    }

    /// Has the provider give one answer to a turn.
    @Loop @discardableResult
    private func answer(
        _ turn: LiveTurn,
        _ text: String,
        _ bot: BotFixture,
        cut: Bool = false
    ) async throws -> HandCall {
        let call = try await bot.hand.call()
        call.say(text)
        if cut {
            let end = #"{"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}"#
            call.send(SSE.event(Array(end.utf8)))
            call.end()
        } else {
            call.finish()
        }
        _ = try await turn.ended()
        return call
    }

    /// The turns that are shown, as `text > answer`.
    @Loop private func shown(_ session: String, _ bot: BotFixture) async throws -> [String] {
        try await bot.history(session).map { turn in
            let branch = turn.branch.map { " \($0.place)/\($0.count)" } ?? ""
            return "\(turn.text) > \(turn.answer)\(branch)"
        }
    }

    @Loop @Test func `a whole answer is made anew, and the prompt has the one that is shown`()
        async throws
    {
        try await withBot { bot in
            let session = try await bot.session()
            try await bot.exchange("one", "1", in: session)
            let (turn, call) = try await bot.ask("two", in: session)
            call.say("2")
            call.finish()
            _ = try await turn.ended()
            let other = try await bot.bot.turns.again(turn.id, by: bot.ann)
            let asked = try await answer(other, "II", bot)
            #expect(asked.messages == ["user: one", "assistant: 1", "user: two"])
            #expect(try await shown(session, bot) == ["one > 1", "two > II 2/2"])
            let third = try await bot.exchange("three", "3", in: session)
            #expect(third.messages.contains("assistant: II"))
            #expect(!third.messages.contains("assistant: 2"))

            try await bot.bot.turns.showBranch(at: other.id, step: .back, by: bot.ann)
            #expect(try await shown(session, bot) == ["one > 1", "two > 2 1/2"])
            let fourth = try await bot.exchange("four", "4", in: session)
            #expect(fourth.messages.contains("assistant: 2"))
            #expect(!fourth.messages.contains("user: three"))
        }
    }

    @Loop @Test func `other words begin a branch with what was said before`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            try await bot.exchange("one", "1", in: session)
            let (turn, call) = try await bot.ask("two", in: session)
            call.finish()
            _ = try await turn.ended()
            let edited = try await bot.bot.turns.edit(
                turn.id,
                to: " three ",
                by: bot.ann,
                request: "-",
                memory: nil
            )
            let asked = try await answer(edited, "3", bot)
            #expect(asked.messages == ["user: one", "assistant: 1", "user: three"])
            #expect(try await shown(session, bot) == ["one > 1", "three > 3 2/2"])
            let empty = await bot.failure {
                _ = try await bot.bot.turns.edit(
                    turn.id,
                    to: " ",
                    by: bot.ann,
                    request: "-",
                    memory: nil
                )
            }
            #expect(empty?.name == "emptyText")
        }
    }

    @Loop @Test func `another model answers one turn alone`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("one", in: session)
            call.finish()
            _ = try await turn.ended()
            let other = try await bot.bot.turns.again(turn.id, with: "fake/echo", by: bot.ann)
            let outcome = try await other.ended().outcome
            #expect(outcome.model == "fake/echo" && outcome.end == .done)
            let next = try await bot.exchange("two", "2", in: session)
            #expect(next.messages.last == "user: two")
            let unknown = await bot.failure {
                _ = try await bot.bot.turns.again(turn.id, with: "none", by: bot.ann)
            }
            #expect(unknown?.name == "unknownModel")
        }
    }

    @Loop @Test func `a cut answer goes on in a turn that belongs to it`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let turn = try await bot.bot.turns.begin("tell", in: session, by: bot.ann)
            try await answer(turn, "Once upon", bot, cut: true)
            let rest = try await bot.bot.turns.goOn(turn.id, by: bot.ann)
            let asked = try await answer(rest, " a time.", bot)
            #expect(asked.messages.dropLast() == ["user: tell", "assistant: Once upon"])
            #expect(asked.messages.last?.contains("Continue exactly") == true)
            let turns = try await bot.history(session)
            #expect(turns.map(\.answer) == ["Once upon", " a time."])
            #expect(turns.map(\.isContinuation) == [nil, true])
            #expect(turns.map(\.ending) == ["length", "stop"])
            for id in [turn.id, rest.id] {
                let refused = await bot.failure {
                    _ = try await bot.bot.turns.goOn(id, by: bot.ann)
                }
                #expect(refused?.name == "notCut")
            }
        }
    }

    @Loop @Test func `nobody is given the same cached answer twice`() async throws {
        try await withBot(Self.cached) { bot in
            func ask(_ tenant: LiveTenant) async throws -> LiveTurn {
                let session = try await bot.session(of: tenant)
                return try await bot.bot.turns.begin("a joke", in: session, by: tenant)
            }
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let first = try await ask(bot.ann)
            try await answer(first, "one", bot)
            // Another person is given it, and it is marked.
            let cached = try await ask(bob).ended()
            #expect(cached.text == "one" && cached.outcome.isCached)
            for (tenant, text) in [(bot.ann, "two"), (bob, "three"), (bot.ann, "four")] {
                let turn = try await ask(tenant)
                try await answer(turn, text, bot)
                let outcome = try await turn.ended()
                #expect(outcome.text == text && !outcome.outcome.isCached)
            }
            // Not even after the conversation was deleted.
            let gone = try await ask(bob)
            try await answer(gone, "five", bot)
            try await bot.bot.delete(gone.session, by: bob)
            let last = try await ask(bob)
            try await answer(last, "six", bot)
        }
    }

    @Loop @Test func `the cost and the model of an answer are told at its end and kept`()
        async throws
    {
        try await withBot { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("one", in: session)
            call.say("1")
            call.finish(usage: TokenUsage(input: 1_000, output: 500, isEstimated: false))
            let outcome = try await turn.ended().outcome
            #expect(outcome.model == "hand/m" && outcome.micros == 2_000 && !outcome.isCached)
            let stored = try #require(try await bot.history(session).first)
            #expect(stored.model == "hand/m" && stored.micros == 2_000)
            let found = try await bot.bot.turns.find(turn.id, of: bot.ann).ended().outcome
            #expect(found.model == "hand/m" && found.micros == 2_000)
        }
    }

    @Loop @Test func `branches are their owner's, and none changes while a turn is under way`()
        async throws
    {
        try await withBot { bot in
            let turns = bot.bot.turns
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let session = try await bot.session()
            try await bot.exchange("one", "1", in: session)
            let id = try #require(try await bot.history(session).first?.id)
            let (turn, call) = try await bot.ask("two", in: session)
            let refusals = [
                await bot.failure { try await turns.showBranch(at: id, step: .same, by: bot.ann) },
                await bot.failure { _ = try await turns.again(turn.id, by: bot.ann) },
                await bot.failure { _ = try await turns.goOn(turn.id, by: bot.ann) },
            ]
            #expect(refusals.map(\.?.name) == ["sessionBusy", "sessionBusy", "sessionBusy"])
            call.finish()
            _ = try await turn.ended()
            let foreign = [
                await bot.failure { try await turns.showBranch(at: id, step: .same, by: bob) },
                await bot.failure { _ = try await turns.goOn(id, by: bob) },
                await bot.failure {
                    _ = try await turns.edit(id, to: "x", by: bob, request: "-", memory: nil)
                },
                await bot.failure { try await turns.showBranch(at: id, step: .next, by: bot.ann) },
            ]
            #expect(foreign.map(\.?.name) == ["noTurn", "noTurn", "noTurn", "noTurn"])
        }
    }

    @Loop @Test func `in a messenger, only the last message is replaced when it is asked again`()
        async throws
    {
        try await withBot { bot in
            let place = Place(channel: .telegram, chat: "7")
            let conversations = bot.bot.conversations
            let session = try await conversations.open(at: place, isGroup: false, for: bot.ann)
            @Loop func again(_ turn: LiveTurn) async throws -> LiveTurn {
                let stored = turn.row
                let row = try #require(stored)
                return try await bot.bot.turns.again(
                    row,
                    at: session,
                    by: bot.ann,
                    finishing: []
                )
            }
            let first = try await bot.bot.turns.begin("one", at: session, by: bot.ann)
            try await answer(first, "1", bot)
            let second = try await bot.bot.turns.begin("two", at: session, by: bot.ann)
            try await answer(second, "2", bot)
            let before = ["user: one", "assistant: 1", "user: two", "assistant: 2"]
            // The older message follows what the messenger shows.
            let third = try await again(first)
            #expect(try await answer(third, "I", bot).messages == before + ["user: one"])
            let fourth = try await again(third)
            #expect(try await answer(fourth, "i", bot).messages == before + ["user: one"])
            #expect(
                try await bot.history(session.publicID).map(\.answer) == ["1", "2", "i"]
            )
        }
    }
}
