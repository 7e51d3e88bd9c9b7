import BerthBot
import BerthChannels
import BerthLoop
import BerthSimulation
import BerthStore
import BerthTestKit
import Testing

@Suite(.loop, .timeLimit(.minutes(20))) struct TelegramDeliveryTests {
    @Loop @Test func `a message whose answer was lost is sent once more, and counted`()
        async throws
    {
        try await TelegramBench.run { bench in
            bench.fake.fail(.dropAfter, "sendMessage")
            try await bench.begin("hi", "once")
            _ = await bench.hears(1)
            await bench.retries()
            let texts = await bench.hears(2)
            #expect(texts == ["once", "once"])
            await bench.delivered()
            let counts = try await bench.counts()
            #expect(counts.unsureParts == 1 && counts.failedParts == 0)
        }
    }

    @Loop @Test func `a message whose answer is lost twice is given up and listed`() async throws {
        try await TelegramBench.run { bench in
            bench.fake.fail(.dropBefore, "sendMessage", count: 2)
            try await bench.begin("hi", "never")
            await bench.retries()
            let isListed = await bench.comes { $0.failedParts == 1 }
            #expect(isListed && bench.texts().isEmpty)
            let list = try await bench.bot.admin("GET", "/admin/queue/failed").text
            #expect(list.contains("sent twice and may have been delivered"))
        }
    }

    @Loop
    @Test(arguments: [FakeTelegram.FaultKind.gateway, .restart, .garbage])
    func `a server in trouble delays the message and does not lose it`(
        _ fault: FakeTelegram.FaultKind
    ) async throws {
        try await TelegramBench.run { bench in
            bench.fake.fail(fault, "sendMessage", count: 4)
            try await bench.begin("hi", "late")
            while bench.texts().isEmpty, !Task.isCancelled { await bench.retries() }
            #expect(bench.texts() == ["late"])
            let counts = try await bench.counts()
            #expect(counts.failedParts == 0)
        }
    }

    @Loop @Test func `a flood parks the chat alone, and no attempt is counted`() async throws {
        try await TelegramBench.run { bench in
            bench.fake.fail(.flood, "sendMessage")
            try await bench.begin("hi", "parked")
            let parked = await bench.part { $0.due != nil }
            #expect(parked?.attempts == 0 && parked?.begun == nil)
            #expect(bench.texts().isEmpty)
            #expect(await bench.hears(1) == ["parked"])
            #expect(bench.telegram.floods.early == 0)
            #expect(try await bench.counts().unsureParts == 0)
        }
    }

    @Loop @Test func `formats that are refused are left out`() async throws {
        try await TelegramBench.run { bench in
            bench.fake.fail(.badEntities, "sendMessage")
            try await bench.begin("hi", "**bold**")
            #expect(await bench.hears(1) == ["bold"])
            #expect(bench.telegram.sent.last?.arguments["entities"] == nil)
        }
    }

    @Loop @Test func `a chat that has blocked the bot ends its parts with the reason`()
        async throws
    {
        try await TelegramBench.run { bench in
            bench.telegram.bring("hi", in: 5, from: TelegramBench.ann)
            let call = try await bench.bot.hand.call()
            bench.telegram.block(5, "bot was blocked by the user")
            call.say("nobody reads this")
            call.finish()
            let isListed = await bench.comes { $0.failedParts == 1 }
            #expect(isListed)
            let list = try await bench.bot.admin("GET", "/admin/queue/failed").text
            #expect(list.contains("blocked by the user"))
            // Writing again unblocks the bot.
            let said = try await bench.exchange("back", "Welcome back")
            #expect(said == "Welcome back")
        }
    }

    @Loop @Test func `a group that became a supergroup keeps its conversation`() async throws {
        try await TelegramBench.run { bench in
            bench.telegram.bring("/new", in: -7, from: TelegramBench.ann)
            _ = await bench.hears(1, in: -7)
            bench.bot.clock.advance(by: .seconds(5))
            bench.telegram.migrate(-7, to: -1007)
            bench.telegram.bring("/usage", in: -7, from: TelegramBench.ann)
            let texts = await bench.hears(1, in: -1007)
            #expect(texts.first?.contains("requests today") == true)
            let moved = Place(channel: .telegram, chat: "42/-1007")
            let session = try await bench.bot.store.session(at: moved)
            #expect(session?.isGroup == true)
        }
    }

    @Loop @Test func `what was sent and not recorded is sent again by the next service`()
        async throws
    {
        let (folder, clock) = (try TemporaryFolder(inMemory: true), ManualClock())
        var change = TelegramBench.Change()
        (change.folder, change.clock) = (folder, clock)
        let answered = change
        try await TelegramBench.over { fake, port in
            // The fake takes the message, and its answer never comes.
            fake.fail(.dropAfter, "sendMessage")
            try await TelegramBench.serve(fake, port: port, answered) { bench in
                try await bench.begin("hi", "twice")
                _ = await bench.hears(1)
            }
            var next = answered
            next.seed = 2
            try await TelegramBench.serve(fake, port: port, next) { bench in
                await bench.retries()
                #expect(await bench.hears(2) == ["twice", "twice"])
                let isCounted = await bench.comes { $0.unsureParts == 1 }
                #expect(isCounted)
            }
        }
    }

    @Loop @Test func `an update that was stored before a kill is answered by the next service`()
        async throws
    {
        let (folder, clock) = (try TemporaryFolder(inMemory: true), ManualClock())
        var change = TelegramBench.Change()
        (change.folder, change.clock) = (folder, clock)
        let first = change
        try await TelegramBench.over { fake, port in
            try await TelegramBench.serve(fake, port: port, first) { bench in
                let person = TelegramBench.ann.json
                let json =
                    #"{"update_id":900900,"message":{"message_id":3,"date":1,"#
                    + #""chat":{"id":5,"type":"private"},"from":\#(person),"text":"/usage"}}"#
                let key = ChannelUpdate(bot: 42, number: 900_900)
                let stored = StoredUpdate(key, body: Array(json.utf8))
                _ = try await bench.bot.store.receive([stored], at: clock.timestamp)
            }
            var next = first
            next.seed = 2
            try await TelegramBench.serve(fake, port: port, next) { bench in
                let texts = await bench.hears(1)
                #expect(texts.count == 1 && texts[0].contains("requests today"))
            }
        }
    }
}

extension TelegramBench {
    /// Writes as ann, and has the provider answer.
    func begin(_ text: String, _ answer: String) async throws {
        telegram.bring(text, in: 5, from: TelegramBench.ann)
        let call = try await bot.hand.call()
        call.say(answer)
        call.finish()
    }

    /// Waits for a part that waits for its retry, and lets the time of the retry come.
    func retries() async {
        let count = texts().count
        while texts().count == count, !Task.isCancelled {
            let far = bot.clock.timestamp + .seconds(100_000)
            let parts = try? await bot.store.dueOutbox(on: .telegram, at: far, limit: 9)
            let isLater = parts?.contains { $0.due.map { $0 > bot.clock.timestamp } ?? false }
            if isLater == true { return bot.clock.advance(by: .seconds(10)) }
            await settle()
        }
    }

    /// Waits for a part that waits and is as `isWanted` says.
    func part(_ isWanted: @escaping @Loop (OutboxPart) -> Bool) async -> OutboxPart? {
        let far = bot.clock.timestamp + .seconds(100_000)
        while !Task.isCancelled {
            let parts = try? await bot.store.dueOutbox(on: .telegram, at: far, limit: 9)
            if let part = parts?.first(where: isWanted) { return part }
            await settle()
        }
        return nil
    }

    /// Waits until no part waits.
    func delivered() async {
        let far = bot.clock.timestamp + .seconds(100_000)
        while !Task.isCancelled {
            let parts = try? await bot.store.dueOutbox(on: .telegram, at: far, limit: 1)
            if parts?.isEmpty == true { return }
            await settle()
        }
    }

    func counts() async throws -> TroubleCounts {
        try await bot.store.troubleCounts(since: Timestamp(milliseconds: 0))
    }

    /// Waits until the counts of trouble are as `isWanted` says.
    func comes(_ isWanted: @escaping @Loop (TroubleCounts) -> Bool) async -> Bool {
        while !Task.isCancelled {
            if let counts = try? await counts(), isWanted(counts) { return true }
            await settle()
        }
        return false
    }
}
