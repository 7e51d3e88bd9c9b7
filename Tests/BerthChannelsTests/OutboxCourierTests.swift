import BerthBot
import BerthChannels
import BerthHTTP
import BerthLoop
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

@Suite(.loop, .timeLimit(.minutes(20))) struct OutboxCourierTests {
    private static func place(_ chat: String, topic: String = "") -> Place {
        Place(channel: .telegram, chat: chat, topic: topic)
    }

    /// A turn that has ended with these parts, whose service was killed before any was delivered.
    private static func killed(_ parts: [String]) -> Preparation {
        { store async throws(StoreError) in
            let noon = Timestamp(milliseconds: 1_760_000_000_000)
            let old = try await store.addTenant(named: "old", at: noon).id
            let draft = SessionDraft(publicID: "s", place: place("7"), tenant: old)
            guard let session = try await store.openSession(draft, at: noon) else { return }
            let turn = try await store.acceptTurn(
                TurnDraft(publicID: "t", session: session.id, tenant: old, text: "hi"),
                at: noon
            )
            _ = try await store.finishTurn(
                turn,
                as: TurnOutcome(.done, answer: "secret"),
                settling: [],
                outbox: parts.map { OutboxDraft(place: place("7"), body: $0) },
                at: noon
            )
        }
    }

    // MARK: Delivering

    @Loop @Test func `the parts of an answer are delivered in order, one at a time`()
        async throws
    {
        let messenger = Messenger()
        try await withBot(messenger.setup) { bot in
            try await bot.exchange("hi", "one\ntwo\nthree", at: Self.place("7"))
            for (index, body) in ["one", "two", "three"].enumerated() {
                let delivery = try await messenger.next()
                let (part, place) = (delivery.part.part, delivery.part.place)
                #expect(part == index + 1 && place == Self.place("7"))
                await settle()
                #expect(delivery.body == body && messenger.begun.count == index + 1)
                delivery.succeed(as: "message \(index)")
            }
            await bot.reads(\.isEmpty)
        }
    }

    @Loop @Test func `an error is delivered in words`() async throws {
        let messenger = Messenger()
        try await withBot(messenger.setup) { bot in
            let (_, call) = try await bot.ask("hi", at: Self.place("7"))
            call.answer(.error(400, "no"))
            let delivery = try await messenger.next()
            #expect(delivery.body.hasPrefix("sorry: "))
            delivery.succeed()
        }
    }

    @Loop @Test func `one place does not hold another`() async throws {
        let messenger = Messenger()
        try await withBot(messenger.setup) { bot in
            try await bot.exchange("hi", "a1\na2", at: Self.place("7"))
            let stuck = try await messenger.next()
            try await bot.exchange("hi", "b1\nb2", at: Self.place("8"))
            try await bot.exchange("hi", "c1", at: Self.place("7", topic: "2"))
            var bodies: [String] = []
            for _ in 0..<3 {
                let delivery = try await messenger.next()
                bodies.append(delivery.body)
                delivery.succeed()
            }
            #expect(stuck.body == "a1" && bodies.sorted() == ["b1", "b2", "c1"])
            stuck.succeed()
            let last = try await messenger.next()
            #expect(last.body == "a2")
            last.succeed()
        }
    }

    @Loop @Test func `at most sixteen places are served at once`() async throws {
        let messenger = Messenger()
        try await withBot(messenger.setup) { bot in
            for number in 0..<18 {
                try await bot.exchange("hi", "\(number)", at: Self.place("\(number)"))
            }
            var open: [Delivery] = []
            for _ in 0..<16 { open.append(try await messenger.next()) }
            await settle()
            #expect(messenger.begun.count == 16)
            open[0].succeed()
            open[1].succeed()
            for _ in 0..<2 { open.append(try await messenger.next()) }
            for delivery in open { delivery.succeed() }
            #expect(Set(messenger.begun).count == 18)
        }
    }

    // MARK: Failing

    @Loop @Test func `a failed delivery is tried again later, ahead of those behind it`()
        async throws
    {
        let messenger = Messenger()
        try await withBot(messenger.setup) { bot in
            try await bot.exchange("hi", "a\nb", at: Self.place("7"))
            try await messenger.next().fail(.later("flood"))
            await bot.reads { $0.count == 1 && $0[0].attempts == 1 && $0[0].error == "flood" }
            #expect(messenger.begun == ["a"])
            bot.clock.advance(by: .seconds(1))
            let again = try await messenger.next()
            #expect(again.body == "a" && again.part.attempts == 1)
            again.succeed()
            let last = try await messenger.next()
            #expect(last.body == "b")
            last.succeed()
        }
    }

    @Loop @Test func `a messenger that asks for a pause gets it`() async throws {
        let messenger = Messenger()
        try await withBot(messenger.setup) { bot in
            try await bot.exchange("hi", "a", at: Self.place("7"))
            try await messenger.next().fail(.later("flood", wait: .seconds(60)))
            await bot.reads { $0.count == 1 && $0[0].attempts == 1 }
            bot.clock.advance(by: .seconds(59))
            await settle()
            #expect(messenger.begun.count == 1)
            bot.clock.advance(by: .seconds(3))
            try await messenger.next().succeed()
        }
    }

    @Loop @Test func `a part is given up after its last attempt, listed, and sent on request`()
        async throws
    {
        let messenger = Messenger()
        try await withBot(messenger.setup) { bot in
            try await bot.exchange("a secret question", "a secret\nb", at: Self.place("7"))
            for attempt in 1...15 {
                try await messenger.next().fail(.later("the network is down"))
                guard attempt < 15 else { break }
                await bot.reads { $0.count == 1 && $0[0].attempts == attempt }
                bot.clock.advance(by: .seconds(600))
            }
            let next = try await messenger.next()
            #expect(next.body == "b")
            next.succeed()
            let list = try await bot.admin("GET", "/admin/queue/failed")
            let line = try #require(list.object?.elements("troubles")?.first)
            let trouble = try #require(list.object?.object(at: line))
            let id = try #require(trouble.string("id"))
            #expect(id.hasPrefix("part-") && trouble.string("place") == "telegram 7")
            #expect(trouble.string("state") == "failed" && trouble.integer("attempts") == 15)
            #expect(trouble.string("tenant") == "ann" && trouble.boolean("retryable") == true)
            let why = "the network is down (tried 15 times without success)"
            #expect(trouble.string("why") == why && !list.text.contains("secret"))
            let queue = try await bot.admin("GET", "/admin/queue")
            #expect(queue.object?.integer("failed") == 1)

            let retried = try await bot.admin("POST", "/admin/turns/\(id)/retry")
            #expect(retried.text == #"{"id":"\#(id)","state":"waiting"}"#)
            let again = try await messenger.next()
            #expect(again.body == "a secret")
            again.succeed()
            let twice = try await bot.admin("POST", "/admin/turns/\(id)/retry")
            #expect(twice.status == 404)
            #expect(twice.error?.string("message")?.contains("no failed part '\(id)'") == true)
            #expect(try await bot.admin("GET", "/admin/queue/failed").text == #"{"troubles":[]}"#)
        }
    }

    @Loop @Test func `a part that can never be delivered is given up at once`() async throws {
        let messenger = Messenger()
        try await withBot(messenger.setup) { bot in
            try await bot.exchange("hi", "a\nb", at: Self.place("7"))
            try await messenger.next().fail(.never("the chat has blocked the bot"))
            let next = try await messenger.next()
            #expect(next.body == "b")
            next.succeed()
            let list = try await bot.admin("GET", "/admin/queue/failed").text
            #expect(list.contains(#""why":"the chat has blocked the bot""#))
            let isLogged = bot.lines.all.contains { $0.contains("part of a reply given up") }
            #expect(isLogged)
        }
    }

    // MARK: Ending and starting

    @Loop @Test func `a part whose delivery was not recorded is delivered by the next service`()
        async throws
    {
        let (folder, first) = (try TemporaryFolder(inMemory: true), Messenger())
        try await withBot(first.setup(in: folder)) { bot in
            try await bot.exchange("hi", "a\nb\nc", at: Self.place("7"))
            try await first.next().succeed()
            _ = try await first.next()  // the messenger has it, and the service ends
        }
        let second = Messenger()
        try await withBot(second.setup(in: folder, seed: 2)) { bot in
            for _ in 0..<2 { try await second.next().succeed() }
            await bot.reads(\.isEmpty)
            #expect(first.begun == ["a", "b"] && second.begun == ["b", "c"])
        }
    }

    @Loop @Test func `a kill between the commit and the delivery loses nothing`() async throws {
        let messenger = Messenger()
        try await withBot(messenger.setup, prepare: Self.killed(["one", "two"])) { _ in
            for body in ["one", "two"] {
                let delivery = try await messenger.next()
                #expect(delivery.body == body)
                delivery.succeed()
            }
            await settle()
            #expect(messenger.begun == ["one", "two"])
        }
    }

    /// A turn whose provider was asked when its service was killed.
    private static let broken: Preparation = { store async throws(StoreError) in
        let noon = Timestamp(milliseconds: 1_760_000_000_000)
        let old = try await store.addTenant(named: "old", at: noon).id
        let draft = SessionDraft(publicID: "s", place: place("7"), tenant: old)
        guard let session = try await store.openSession(draft, at: noon) else { return }
        let turn = try await store.acceptTurn(
            TurnDraft(publicID: "t", session: session.id, tenant: old, text: "hi"),
            at: noon
        )
        let reservation = Reservation(
            tenant: old,
            turn: turn,
            provider: "hand",
            model: "m",
            amounts: Amounts((.micros, 20_000))
        )
        _ = try await store.startCall(reservation, at: noon)
    }

    @Loop @Test func `a user is told of a turn that a killed service left uncertain`()
        async throws
    {
        let messenger = Messenger()
        try await withBot(messenger.setup, prepare: Self.broken) { bot in
            let delivery = try await messenger.next()
            #expect(delivery.body.contains("the answer was lost"))
            delivery.succeed()
            #expect(try await bot.store.turn(publicID: "t")?.state == .uncertain)
        }
    }

    @Loop @Test func `the reply to a command is delivered as an answer is`() async throws {
        let messenger = Messenger()
        try await withBot(messenger.setup) { bot in
            let session = try await bot.bot.conversations.open(
                at: Self.place("7"),
                isGroup: false,
                for: bot.ann
            )
            for command in ["/new", "/stop", "/model nobody"] {
                _ = try await bot.bot.turns.begin(command, at: session, by: bot.ann)
                let delivery = try await messenger.next()
                #expect(delivery.part.turn == nil && delivery.part.tenant == bot.ann.row.id)
                #expect(delivery.part.place == session.place && !delivery.body.isEmpty)
                delivery.succeed()
                await bot.reads { $0.isEmpty }
            }
        }
    }

    @Loop @Test func `a stop lets the delivery under way finish and begins no other`()
        async throws
    {
        let messenger = Messenger()
        try await withBot(messenger.setup) { bot in
            try await bot.exchange("hi", "a\nb", at: Self.place("7"))
            let delivery = try await messenger.next()
            bot.stop.request()
            await settle()
            delivery.succeed()
            await bot.reads { $0.map(\.body) == ["b"] }
            await settle()
            #expect(messenger.begun == ["a"])
        }
    }

    // MARK: Groups and the other channels

    @Loop @Test func `each payer of a group is charged its own turn and answered in the group`()
        async throws
    {
        let messenger = Messenger()
        try await withBot(messenger.setup) { bot in
            let (bob, _) = try await bot.bot.tenants.add("bob")
            for (number, payer) in [bot.ann, bob, bot.ann].enumerated() {
                let group = try await bot.bot.conversations.open(
                    at: Self.place("-9"),
                    isGroup: true,
                    for: payer
                )
                _ = try await bot.bot.turns.begin("hi", at: group, by: payer)
                let call = try await bot.hand.call()
                call.say("reply \(number)")
                call.finish()
                let delivery = try await messenger.next()
                #expect(delivery.body == "reply \(number)")
                #expect(delivery.part.tenant == payer.row.id)
                delivery.succeed()
            }
            await bot.bot.meter.drain()
            let (ann, now) = (bot.ann.row.id, bot.clock.timestamp)
            #expect(try await bot.store.usage(of: ann, on: now).requests == 2)
            #expect(try await bot.store.usage(of: bob.row.id, on: now).requests == 1)
        }
    }

    @Loop @Test func `a web client that knows a group's name is told that there is none`()
        async throws
    {
        let messenger = Messenger()
        try await withBot(messenger.setup) { bot in
            let group = try await bot.bot.conversations.open(
                at: Self.place("-9"),
                isGroup: true,
                for: bot.ann
            )
            let caller = try await bot.login(bot.ann)
            let path = "/web/sessions/\(group.publicID)/turns"
            let answer = try await bot.ask("POST", path, #"{"text":"hi"}"#, as: caller)
            #expect(answer.status == 404)
            #expect(answer.error?.string("message") == "there is no such conversation")
        }
    }

    @Loop @Test func `answers on the web have no rows in the outbox`() async throws {
        let messenger = Messenger()
        try await withBot(messenger.setup) { bot in
            let session = try await bot.bot.conversations.create(bot.ann, .web).id
            let turn = try await bot.bot.turns.begin("hi", in: session, by: bot.ann)
            let call = try await bot.hand.call()
            call.say("one\ntwo")
            call.finish()
            _ = await eventually { turn.outcome != nil }
            for channel in ChannelName.allCases {
                let now = bot.clock.timestamp
                let due = try await bot.store.dueOutbox(on: channel, at: now, limit: 9)
                #expect(due.isEmpty)
            }
            #expect(messenger.begun.isEmpty)
        }
    }
}

extension BotFixture {
    /// Sends a message of ``ann`` at a place and returns when the provider is asked.
    func ask(_ text: String, at place: Place) async throws -> (LiveTurn, HandCall) {
        let session = try await bot.conversations.open(at: place, isGroup: false, for: ann)
        let turn = try await bot.turns.begin(text, at: session, by: ann)
        return (turn, try await hand.call())
    }

    /// Sends a message of ``ann`` at a place and has it answered.
    func exchange(_ text: String, _ answer: String, at place: Place) async throws {
        let (turn, call) = try await ask(text, at: place)
        call.say(answer)
        call.finish()
        _ = await eventually { turn.outcome != nil }
    }

    /// The first waiting part of each place, due or not.
    func waiting(_ now: Timestamp) async throws -> [OutboxPart] {
        try await store.dueOutbox(on: .telegram, at: now + .seconds(86_400), limit: 99)
    }

    /// Reads the outbox until its first waiting parts are as expected.
    ///
    /// The suite's time limit ends the wait.
    func reads(_ isExpected: ([OutboxPart]) -> Bool) async {
        while let parts = try? await waiting(clock.timestamp), !isExpected(parts) {}
    }
}
