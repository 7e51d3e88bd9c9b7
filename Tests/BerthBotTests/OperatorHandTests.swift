import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthQueue
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// An operator's order reaches the work that waits and the work that runs.
@Suite(.loop, .timeLimit(.minutes(20))) struct OperatorHandTests {
    /// One call runs at a time, and nothing is shared.
    private static let narrow = Setup { settings in
        settings.chatModels.removeAll { $0.provider != "hand" }
        for index in settings.providers.indices { settings.providers[index].concurrency = 1 }
    }
    private static let shared = Setup { settings in
        settings.cache.scope = .safe
        settings.chatModels.removeAll { $0.provider != "hand" }
    }

    private static let whole = HTTPResponse.json(
        CompletionJSON.completion(
            text: "a",
            finish: "stop",
            usage: TokenUsage(input: 1, output: 1, isEstimated: false)
        )
    )

    /// A way to ask outside turns.
    enum Asking: CaseIterable {
        case whole, stream, translation
    }

    /// Asks in a task, and returns what the caller is told.
    @Loop private func listen(
        _ asking: Asking,
        _ bot: BotFixture,
        _ text: String = "hi",
        as tenant: LiveTenant? = nil,
        in pool: TaskPool
    ) throws -> Mailbox<String> {
        let (ends, models) = (Mailbox<String>(), bot.bot.models.choices)
        let request = try bot.request(text)
        pool.spawn {
            let error = await bot.failure {
                switch asking {
                case .whole: _ = try await bot.complete(request, models, tenant)
                case .stream:
                    let stream = try await bot.stream(request, models, tenant)
                    while try await stream.next() != nil {}
                case .translation:
                    let payer = tenant ?? bot.ann
                    _ = try await bot.bot.translations.english("\(text) für mich", for: payer)
                }
            }
            ends.put(error?.name ?? "whole")
        }
        return ends
    }

    @Loop @Test(arguments: Asking.allCases, [Tenant.State.suspended, .removed])
    func `asks that wait are not bought, and one that runs is cancelled at its provider`(
        asking: Asking,
        state: Tenant.State
    ) async throws {
        try await withBot(Self.narrow) { bot in
            let pool = TaskPool()
            let running = try listen(asking, bot, "0", in: pool)
            let call = try await bot.hand.call()
            if asking == .stream {
                call.say("one word")
                await settle()
            }
            let waiting = try (1...3).map { try listen(asking, bot, "\($0)", in: pool) }
            #expect(await eventually { bot.bot.queues.count(in: .chat).waiting == 3 })
            try await bot.bot.set(state, of: bot.ann)
            for one in [running] + waiting {
                #expect(try await one.next("an end") == "suspended")
            }
            try await call.gone()
            await pool.drain()
            #expect(bot.hand.received == 1)
            let (used, book) = (try await bot.used(), bot.bot.meter.usage(bot.ann))
            #expect(used.requests == 1 && used.inputTokens > 0 && used.reservedTokens == 0)
            #expect(book.requests == 1 && bot.ann.account.held == .zero)
        }
    }

    @Loop @Test func `an order between the permit and the provider is felt`() async throws {
        try await withBot(Self.narrow) { bot in
            let pool = TaskPool()
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let first = try listen(.whole, bot, "0", as: bob, in: pool)
            let call = try await bot.hand.call()
            let second = try listen(.whole, bot, "1", in: pool)
            #expect(await eventually { bot.bot.queues.count(in: .chat).waiting == 1 })
            // The row alone, as a change that no caller was told of.
            bot.ann.update(try await bot.store.suspendTenant(bot.ann.row.id))
            call.answer(Self.whole)
            #expect(try await first.next("an answer") == "whole")
            #expect(try await second.next("a refusal") == "suspended")
            #expect(bot.hand.received == 1)
            let used = try await bot.used()
            #expect(used.requests == 0 && used.reservedTokens == 0)
        }
    }

    @Loop @Test func `a follower that is suspended leaves the flight to the others`()
        async throws
    {
        try await withBot(Self.shared) { bot in
            let pool = TaskPool()
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let ann = try listen(.stream, bot, in: pool)
            let call = try await bot.hand.call()
            let his = try listen(.stream, bot, as: bob, in: pool)
            await settle()
            call.say("half ")
            await settle()
            try await bot.bot.set(.suspended, of: bob)
            #expect(try await his.next("his end") == "suspended")
            call.say("and half")
            call.finish()
            #expect(try await ann.next("her end") == "whole")
            #expect(bot.hand.received == 1)
        }
    }

    @Loop @Test func `a leader that is suspended leaves the flight to the others`() async throws {
        try await withBot(Self.shared) { bot in
            let pool = TaskPool()
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let ann = try listen(.stream, bot, in: pool)
            let call = try await bot.hand.call()
            let his = try listen(.stream, bot, as: bob, in: pool)
            await settle()
            call.say("half ")
            await settle()
            try await bot.bot.set(.removed, of: bot.ann)
            #expect(try await ann.next("her end") == "suspended")
            call.say("and half")
            call.finish()
            #expect(try await his.next("his end") == "whole")
            #expect(bot.hand.received == 1)
        }
    }

    @Loop @Test func `a flight without readers ends, and a sharer that waited pays nothing`()
        async throws
    {
        let setup = Setup { settings in
            Self.shared.change(&settings)
            Self.narrow.change(&settings)
        }
        try await withBot(setup) { bot in
            let pool = TaskPool()
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let (eve, _) = try await bot.bot.tenants.add("eve")
            let busy = try listen(.whole, bot, "0", as: eve, in: pool)
            let call = try await bot.hand.call()
            let both = try [bot.ann, bob].map { try listen(.stream, bot, "1", as: $0, in: pool) }
            #expect(await eventually { bot.bot.queues.count(in: .chat).waiting == 2 })
            try await bot.bot.set(.suspended, of: bob)
            #expect(try await both[1].next("his end") == "suspended")
            call.answer(Self.whole)
            #expect(try await busy.next("an answer") == "whole")
            let hers = try await bot.hand.call()
            hers.say("half")
            await settle()
            try await bot.bot.set(.suspended, of: bot.ann)
            #expect(try await both[0].next("her end") == "suspended")
            try await hers.gone()
            let (his, own) = (try await bot.used(bob), try await bot.used())
            #expect(his.requests == 0 && his.reservedTokens == 0)
            #expect(own.requests == 1 && own.reservedTokens == 0)
        }
    }

    @Loop @Test func `a quota that is lowered while a call waits refuses it unbought`()
        async throws
    {
        try await withBot(Self.narrow) { bot in
            let pool = TaskPool()
            let first = try listen(.whole, bot, "0", in: pool)
            let call = try await bot.hand.call()
            let waiting = try (1...2).map { try listen(.whole, bot, "\($0)", in: pool) }
            let session = try await bot.session()
            let turn = try await bot.bot.turns.begin("in a turn", in: session, by: bot.ann)
            #expect(await eventually { bot.bot.queues.count(in: .chat).waiting == 3 })
            try await bot.bot.tenants.changeQuotas(of: bot.ann) { $0.requestsPerDay = 0 }
            call.answer(Self.whole)
            #expect(try await first.next("an answer") == "whole")
            for one in waiting { #expect(try await one.next("a refusal") == "overQuota") }
            let end = try await turn.ended().outcome
            #expect(end.end == .failed && end.error?.contains("requests per day") == true)
            #expect(bot.hand.received == 1)
            #expect(try await bot.used().requests == 1)
        }
    }

    /// A change of a payer that may not ask any more.
    enum Refusal: CaseIterable {
        case quota, suspension

        var name: String { self == .quota ? "overQuota" : "suspended" }

        /// Changes the tenant as if no caller had been told of it.
        @Loop func change(_ tenant: LiveTenant, in bot: BotFixture) async throws {
            switch self {
            case .quota:
                try await bot.bot.tenants.changeQuotas(of: tenant) { $0.requestsPerDay = 0 }
            case .suspension: tenant.update(try await bot.store.suspendTenant(tenant.row.id))
            }
        }
    }

    /// Runs `body` while `ann`, `bob` and `cy` wait for a shared call, in this order.
    ///
    /// A call of `eve` runs before it. The body gets the tenants, their callers, and the call.
    @Loop private func whileSharersWait(
        _ asking: Asking,
        _ body:
            @escaping @Loop (BotFixture, [LiveTenant], [Mailbox<String>], HandCall) async throws
            -> Void
    ) async throws {
        let setup = Setup { settings in
            Self.shared.change(&settings)
            Self.narrow.change(&settings)
        }
        try await withBot(setup) { bot in
            let pool = TaskPool()
            let (eve, _) = try await bot.bot.tenants.add("eve")
            var tenants = [bot.ann]
            for name in ["bob", "cy"] { tenants.append(try await bot.bot.tenants.add(name).0) }
            _ = try listen(.whole, bot, "0", as: eve, in: pool)
            let busy = try await bot.hand.call()
            var callers: [Mailbox<String>] = []
            for tenant in tenants {
                callers.append(try listen(asking, bot, "1", as: tenant, in: pool))
                let count = callers.count
                #expect(await eventually { bot.bot.queues.count(in: .chat).waiting == count })
            }
            try await body(bot, tenants, callers, busy)
            await pool.drain()
            await bot.bot.meter.drain()
            for tenant in tenants {
                let used = try await bot.used(tenant)
                #expect(used.reservedTokens == 0)
            }
        }
    }

    @Loop @Test(arguments: [Asking.whole, .stream], Refusal.allCases)
    func `a sharer that may not ask any more leaves with its own refusal`(
        asking: Asking,
        refusal: Refusal
    ) async throws {
        try await whileSharersWait(asking) { bot, tenants, callers, busy in
            try await refusal.change(tenants[1], in: bot)
            busy.answer(Self.whole)
            #expect(try await callers[1].next("a refusal") == refusal.name)
            let call = try await bot.hand.call()
            if asking == .whole {
                call.answer(Self.whole)
            } else {
                call.say("here")
                call.finish()
            }
            #expect(try await callers[0].next("an answer") == "whole")
            #expect(try await callers[2].next("an answer") == "whole")
            await bot.bot.meter.drain()
            #expect(bot.hand.received == 2)
            var requests: [Int64] = []
            for tenant in tenants { requests.append(Int64(try await bot.used(tenant).requests)) }
            #expect(requests == [1, 0, 1])
        }
    }

    @Loop @Test(arguments: [Asking.whole, .stream], Refusal.allCases)
    func `a call that nobody who shares it may ask is not bought`(
        asking: Asking,
        refusal: Refusal
    ) async throws {
        try await whileSharersWait(asking) { bot, tenants, callers, busy in
            for tenant in tenants { try await refusal.change(tenant, in: bot) }
            busy.answer(Self.whole)
            for one in callers { #expect(try await one.next("a refusal") == refusal.name) }
            #expect(bot.hand.received == 1)
            for tenant in tenants { #expect(try await bot.used(tenant).requests == 0) }
        }
    }

    @Loop @Test(arguments: Refusal.allCases)
    func `a call whose leader has left is not bought if its followers may not ask`(
        refusal: Refusal
    ) async throws {
        let setup = Setup { settings in
            Self.shared.change(&settings)
            Self.narrow.change(&settings)
        }
        try await withBot(setup) { bot in
            let (pool, leading) = (TaskPool(), TaskPool())
            let (eve, _) = try await bot.bot.tenants.add("eve")
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let first = try listen(.whole, bot, "0", as: eve, in: pool)
            let busy = try await bot.hand.call()
            _ = try listen(.stream, bot, "1", in: leading)
            #expect(await eventually { bot.bot.queues.count(in: .chat).waiting == 1 })
            let session = try await bot.session(of: bob)
            let turn = try await bot.bot.turns.begin("1", in: session, by: bob)
            #expect(await eventually { bot.bot.queues.count(in: .chat).waiting == 2 })
            leading.cancelAll()
            await leading.drain()
            try await refusal.change(bob, in: bot)
            busy.answer(Self.whole)
            #expect(try await first.next("an answer") == "whole")
            #expect(try await turn.ended().outcome.end == .failed)
            await bot.bot.meter.drain()
            #expect(bot.hand.received == 1)
            for tenant in [bot.ann, bob] {
                let used = try await bot.used(tenant)
                #expect(used.requests == 0 && used.reservedTokens == 0)
            }
        }
    }

    @Loop @Test func `a quota that is raised while a call waits refuses nothing`() async throws {
        try await withBot(Self.narrow) { bot in
            let pool = TaskPool()
            let first = try listen(.whole, bot, "0", in: pool)
            let call = try await bot.hand.call()
            let second = try listen(.whole, bot, "1", in: pool)
            #expect(await eventually { bot.bot.queues.count(in: .chat).waiting == 1 })
            try await bot.bot.tenants.changeQuotas(of: bot.ann) { $0.requestsPerDay = 2 }
            call.answer(Self.whole)
            #expect(try await first.next("an answer") == "whole")
            try await bot.hand.call().answer(Self.whole)
            #expect(try await second.next("an answer") == "whole")
        }
    }

    @Loop @Test func `a suspended tenant that is resumed may ask again at once`() async throws {
        try await withBot(Self.narrow) { bot in
            let pool = TaskPool()
            let first = try listen(.stream, bot, "0", in: pool)
            let call = try await bot.hand.call()
            try await bot.bot.set(.suspended, of: bot.ann)
            #expect(try await first.next("an end") == "suspended")
            try await call.gone()
            try await bot.bot.set(.active, of: bot.ann)
            let second = try listen(.stream, bot, "1", in: pool)
            let next = try await bot.hand.call()
            next.say("yes")
            next.finish()
            #expect(try await second.next("an end") == "whole")
        }
    }
}
