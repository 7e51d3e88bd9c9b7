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

/// The book in memory and the ledger on the disk, which are equal after calls with any outcome.
///
/// No call is held, waits or runs at the end.
@Suite(.loop, .timeLimit(.minutes(20))) struct LedgerDriftTests {
    /// The faulty provider's place among the models: first, with another after it, or last.
    private static func setup(isFirst: Bool) -> Setup {
        var policy = WorkPolicy.impatient
        policy.backoff = Backoff(base: .seconds(1), most: .seconds(4), attempts: 3)
        policy.patience = .seconds(60)
        policy.waitingPerTenant = 12
        return Setup(policy: policy) { settings in
            settings.cache.scope = .safe
            settings.chatModels = (isFirst ? ["hand", "dead"] : ["dead", "hand"]).compactMap {
                name in
                settings.chatModels.first { $0.provider == name }
            }
            for index in settings.providers.indices { settings.providers[index].concurrency = 8 }
        }
    }

    @Loop @Test(arguments: Array(1...8) as [UInt64])
    func `after any run the book is what the ledger says`(seed: UInt64) async throws {
        try await withBot(Self.setup(isFirst: seed % 2 == 0)) { bot in
            let run = try await RandomRun(bot, seed: seed)
            for _ in 0..<300 { try await run.step() }
            await run.end()
            let received = bot.hand.received
            #expect(received > 8)
            for tenant in run.tenants {
                let ledger = try await bot.used(tenant)
                let book = bot.bot.meter.usage(tenant)
                #expect(book.requests == ledger.requests, "\(tenant.name), seed \(seed)")
                #expect(book.tokens == ledger.tokens, "\(tenant.name), seed \(seed)")
                #expect(book.spentMicros == ledger.micros, "\(tenant.name), seed \(seed)")
                #expect(ledger.reservedTokens == 0)
                let held = tenant.account.held
                #expect(held == .zero, "\(tenant.name), seed \(seed)")
            }
            let counts = bot.bot.queues.count(in: .chat)
            #expect(counts.waiting == 0 && counts.running == 0)
            let running = bot.bot.turns.running
            #expect(running == 0)
            let shared = bot.budget.account(for: "(shared answers)", quota: .mebibytes(64)).held
            #expect(shared == .zero)
        }
    }
}

/// Callers that come, leave and are suspended, and a provider with random faults.
@Loop private final class RandomRun {
    private(set) var tenants: [LiveTenant]
    private let bot: BotFixture
    private var random: SeededGenerator
    private let provider = TaskPool()
    private let askers = TaskPool()
    private var tasks: [Task<Void, Never>] = []
    private var turns: [LiveTurn] = []
    private var sessions: [String: [String]] = [:]

    init(_ bot: BotFixture, seed: UInt64) async throws {
        self.bot = bot
        random = SeededGenerator(seed: seed)
        tenants = [bot.ann]
        for name in ["bob", "cleo"] { tenants.append(try await bot.bot.tenants.add(name).0) }
        for tenant in tenants {
            try await bot.bot.tenants.changeQuotas(of: tenant) {
                ($0.requestsPerDay, $0.tokensPerDay) = (10_000, 10_000_000)
            }
            for _ in 0..<4 {
                sessions[tenant.name, default: []].append(try await bot.session(of: tenant))
            }
        }
        try await bot.bot.tenants.changeQuotas(of: tenants[2]) { $0.tokensPerDay = 6_000 }
        provider.spawn { [self] in
            while let call = try? await bot.hand.next() {
                let mood = pick(12)
                provider.spawn { [self] in await answer(call, in: mood) }
            }
        }
    }

    private func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

    private func answer(_ call: HandCall, in mood: Int) async {
        guard call.object.boolean("stream") == true else { return answerWhole(call, in: mood) }
        await settle(turns: pick(60))
        switch mood {
        case 0: call.answer(.error(500, "broken"))
        case 1: call.answer(.error(429, "slow down", retryAfter: .seconds(2)))
        case 2: call.cut()
        case 3:
            call.say("A bed ")
            await settle(turns: pick(60))
            call.cut()
        case 4:
            call.send(Array("data: [DONE]\n\n".utf8))
            call.end()
        case 5: call.say("for ever")  // until all callers have left
        default:
            call.say("A bed ")
            await settle(turns: pick(60))
            call.say("on a ship.")
            call.finish(
                usage: mood == 6 ? nil : TokenUsage(input: 7, output: 3, isEstimated: false)
            )
        }
    }

    private func answerWhole(_ call: HandCall, in mood: Int) {
        switch mood {
        case 0: call.answer(.error(500, "broken"))
        case 1: call.answer(.error(429, "slow down", retryAfter: .seconds(2)))
        case 2: call.cut()
        case 3: break  // it never ends
        default:
            let usage = TokenUsage(input: 7, output: 3, isEstimated: false)
            call.answer(
                .json(CompletionJSON.completion(text: "A bed.", finish: "stop", usage: usage))
            )
        }
    }

    func step() async throws {
        let tenant = tenants[pick(tenants.count)]
        switch pick(10) {
        case 0...3: try call(of: tenant)
        case 4...5: await turn(of: tenant)
        case 6: if !tasks.isEmpty { tasks.remove(at: pick(tasks.count)).cancel() }
        case 7:
            if !turns.isEmpty {
                let turn = turns.remove(at: pick(turns.count))
                if let owner = tenants.first(where: { $0.name == turn.tenant }) {
                    try? bot.bot.turns.stop(turn.id, by: owner)
                }
            }
        case 8: bot.clock.advance(by: .milliseconds(Int64(pick(1_500))))
        default:
            guard pick(4) == 0 else { break }
            try await bot.bot.set(.suspended, of: tenant)
            await settle(turns: pick(30))
            try await bot.bot.set(.active, of: tenant)
        }
        // The disk and the network take time that the clock does not measure.
        for _ in 0...pick(4) { _ = try await bot.used(tenant) }
    }

    private func call(of tenant: LiveTenant) throws {
        let isOwn = pick(4) == 0
        let question = "question \(pick(8)) of \(bot.hand.received / 8)"
        let request = try bot.request(question, more: isOwn ? #","temperature":1"# : "")
        let (isStream, models, mostRead) = (pick(3) > 0, bot.bot.models.choices, pick(6))
        tasks.append(
            askers.spawn { [bot] in
                guard isStream else {
                    _ = try? await bot.complete(request, models, tenant)
                    return
                }
                guard let stream = try? await bot.stream(request, models, tenant) else { return }
                var read = 0
                while read != mostRead, let chunk = try? await stream.next() {
                    read += chunk.text.isEmpty ? 0 : 1
                }
            }
        )
    }

    private func turn(of tenant: LiveTenant) async {
        guard let place = sessions[tenant.name]?[pick(4)] else { return }
        let text = "question \(pick(8)) of \(bot.hand.received / 8)"
        if let turn = try? await bot.bot.turns.begin(text, in: place, by: tenant) {
            turns.append(turn)
        }
    }

    /// Lets some calls finish, and ends the rest.
    func end() async {
        for _ in 0..<20 {
            bot.clock.advance(by: .seconds(1))
            await settle()
        }
        askers.cancelAll()
        await askers.drain()
        for turn in turns {
            if let owner = tenants.first(where: { $0.name == turn.tenant }) {
                try? bot.bot.turns.stop(turn.id, by: owner)
            }
        }
        for turn in turns { _ = try? await turn.ended() }
        turns = []
        provider.cancelAll()
        await provider.drain()
        let bot = bot
        _ = await eventually {
            bot.bot.queues.count(in: .chat).running == 0
                && bot.budget.account(for: "(shared answers)", quota: .mebibytes(64)).held == .zero
        }
        await bot.bot.meter.drain()
    }
}
