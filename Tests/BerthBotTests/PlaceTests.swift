import BerthBot
import BerthLoop
import BerthStore
import BerthTestKit
import BerthWork
import Testing

/// Conversations at the places of a channel with chats.
@Suite(.loop, .timeLimit(.minutes(20))) struct PlaceTests {
    private static let chat = Place(channel: .telegram, chat: "7")
    private static let group = Place(channel: .telegram, chat: "-9", topic: "2")

    @Loop @Test func `a place has one conversation, also if two messages open it at once`()
        async throws
    {
        try await withBot { bot in
            let talks = bot.bot.conversations
            let none = try await talks.find(at: Self.chat, for: bot.ann)
            #expect(none == nil)
            let (opened, pool) = (Mailbox<Session?>(), TaskPool())
            for _ in 0..<2 {
                pool.spawn {
                    let session = try? await talks.open(
                        at: Self.chat,
                        isGroup: false,
                        for: bot.ann
                    )
                    opened.put(session)
                }
            }
            let first = try #require(try await opened.next("a conversation"))
            let second = try #require(try await opened.next("a conversation"))
            #expect(first == second && first.place == Self.chat && !first.isGroup)
            #expect(first.tenant == bot.ann.row.id)
            let found = try await talks.find(at: Self.chat, for: bot.ann)
            #expect(found == first)
        }
    }

    @Loop @Test func `another tenant is not let into a private place`() async throws {
        try await withBot { bot in
            let talks = bot.bot.conversations
            let session = try await talks.open(at: Self.chat, isGroup: false, for: bot.ann)
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let refusals = await [
                bot.failure { _ = try await talks.find(at: Self.chat, for: bob) },
                bot.failure { _ = try await talks.open(at: Self.chat, isGroup: false, for: bob) },
                bot.failure { _ = try await bot.bot.turns.begin("hi", at: session, by: bob) },
            ]
            #expect(refusals.map { $0?.name } == ["noSession", "noSession", "noSession"])
        }
    }

    @Loop @Test func `a group's conversation has no owner, and each turn names its payer`()
        async throws
    {
        try await withBot { bot in
            let talks = bot.bot.conversations
            let (bob, _) = try await bot.bot.tenants.add("bob")
            for payer in [bot.ann, bob] {
                let group = try await talks.open(at: Self.group, isGroup: true, for: payer)
                #expect(group.isGroup && group.tenant == nil)
                let turn = try await bot.bot.turns.begin("hi", at: group, by: payer)
                let call = try await bot.hand.call()
                call.say("hello")
                call.finish()
                _ = try await turn.ended()
                let row = try await bot.store.turn(publicID: turn.id)
                #expect(row?.tenant == payer.row.id && row?.session == group.id)
            }
            #expect(try await bot.used().requests == 1)
            #expect(try await bot.used(bob).requests == 1)
        }
    }

    @Loop @Test func `a group's conversation is not there for a client that only knows its name`()
        async throws
    {
        try await withBot { bot in
            let (talks, turns) = (bot.bot.conversations, bot.bot.turns)
            let group = try await talks.open(at: Self.group, isGroup: true, for: bot.ann)
            let name = group.publicID
            let refusals = await [
                bot.failure { _ = try await turns.begin("hi", in: name, by: bot.ann) },
                bot.failure { _ = try await turns.begin("/new", in: name, by: bot.ann) },
                bot.failure { try await talks.delete(name, by: bot.ann) },
                bot.failure { _ = try await talks.turns(of: name, before: nil, for: bot.ann) },
                bot.failure { try await talks.change(name, SessionChange(), by: bot.ann) },
            ]
            #expect(refusals.allSatisfy { $0?.description == "there is no such conversation" })
            #expect(try await talks.list(bot.ann, .telegram).sessions.isEmpty)
            let received = bot.hand.received
            #expect(received == 0)
        }
    }

    @Loop @Test func `a suspended tenant opens no place`() async throws {
        try await withBot { bot in
            try await bot.bot.set(.suspended, of: bot.ann)
            let refusal = await bot.failure {
                let talks = bot.bot.conversations
                _ = try await talks.open(at: Self.group, isGroup: true, for: bot.ann)
            }
            #expect(refusal?.name == "suspended")
        }
    }

    @Loop @Test func `a group can choose its model and begin afresh`() async throws {
        try await withBot { bot in
            let talks = bot.bot.conversations
            let group = try await talks.open(at: Self.group, isGroup: true, for: bot.ann)
            let chosen = try await bot.bot.turns.begin("/model fake/echo", at: group, by: bot.ann)
            #expect(try await chosen.ended().text.contains("fake/echo"))
            let found = try await talks.find(at: Self.group, for: bot.ann)
            #expect(found?.model == "fake/echo")
            let new = try await bot.bot.turns.begin("/new", at: group, by: bot.ann)
            #expect(try await new.ended().text.hasPrefix("Done. "))
        }
    }
}
