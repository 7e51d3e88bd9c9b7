import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthTestKit
import BerthWork
import Testing

/// The callers of one order of pictures, who share its pictures and its price.
@Suite(.loop, .timeLimit(.minutes(20))) struct SharedPictureTests {
    /// Runs a test with the tenants ann, bob and cora.
    @Loop private func sharing(
        _ change: @escaping @Loop @Sendable (inout Configuration) -> Void = { _ in },
        _ test: @Loop (BotFixture, HandFal, [LiveTenant]) async throws -> Void
    ) async throws {
        let configure: @Loop @Sendable (inout Configuration) -> Void = { settings in
            settings.cache.scope = .safe
            change(&settings)
        }
        try await withFal(configure) { bot, fal in
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let (cora, _) = try await bot.bot.tenants.add("cora")
            try await test(bot, fal, [bot.ann, bob, cora])
        }
    }

    /// Orders the same pictures for each tenant, the first of whom leads.
    @Loop private func order(
        _ bot: BotFixture,
        _ fal: HandFal,
        of tenants: [LiveTenant],
        in pool: TaskPool
    ) async throws -> (job: HandFalJob, ends: [Mailbox<String>], tasks: [Task<Void, Never>]) {
        let ends = tenants.map { _ in Mailbox<String>() }
        var (job, tasks): (HandFalJob?, [Task<Void, Never>]) = (nil, [])
        for (tenant, end) in zip(tenants, ends) {
            let task = pool.spawn {
                do {
                    let made = try await bot.order("a cat", tenant)
                    end.put(made.pictures.map(\.original.id).joined(separator: " "))
                } catch { end.put("error: \(error)") }
            }
            tasks.append(task)
            if job == nil { job = try await bot.passing { try await fal.job() } }
            try await joined(bot, tenant)
        }
        return (try #require(job), ends, tasks)
    }

    /// Waits until an API call of `tenant` waits for an order.
    @Loop private func joined(_ bot: BotFixture, _ tenant: LiveTenant) async throws {
        let hasJoined = await eventually { tenant.callsUnderWay.first?.progress != nil }
        #expect(hasJoined)
    }

    /// The amounts that a tenant was charged, in the ledger and in its book.
    @Loop private func charged(_ bot: BotFixture, _ tenant: LiveTenant) async throws -> [Int64] {
        let (ledger, book) = (try await bot.used(tenant), bot.bot.meter.usage(tenant))
        #expect(ledger.reserved == Amounts())
        #expect(ledger.settled[.images] == Int64(book.images))
        #expect(ledger.settled[.micros] == book.spentMicros)
        return [ledger.settled[.requests], ledger.settled[.images], ledger.settled[.micros]]
    }

    @Loop private func orders(_ fal: HandFal) -> Int { fal.orders }

    @Loop @Test func `all who wait for an order pay an equal part of it`() async throws {
        try await sharing { bot, fal, tenants in
            let pool = TaskPool()
            let (job, ends, _) = try await order(bot, fal, of: tenants, in: pool)
            job.finish()
            var files: [String] = []
            for end in ends { files.append(try await bot.passing { try await end.next("an end") }) }
            #expect(Set(files).count == 3 && files.allSatisfy { !$0.hasPrefix("error") })
            for (tenant, file) in zip(tenants, files) {
                #expect(try await charged(bot, tenant) == [1, 1, 13_334])
                #expect(try await bot.store.file(file)?.tenant == tenant.row.id)
            }
            #expect(orders(fal) == 1)
            let samples = bot.metrics.text
            #expect(samples.contains("berth_images_total{outcome=\"made\"} 1\n"))
            #expect(samples.contains("berth_images_total{outcome=\"shared\"} 2\n"))
            // The next one is given them from the cache.
            let (dora, _) = try await bot.bot.tenants.add("dora")
            _ = try await bot.order("a cat", dora)
            #expect(try await charged(bot, dora) == [1, 0, 0])
        }
    }

    @Loop @Test(arguments: [false, true])
    func `a turn and an API call share an order`(turnLeads: Bool) async throws {
        try await sharing { bot, fal, tenants in
            let (session, pool, end) = (try await bot.session(), TaskPool(), Mailbox<String>())
            @Loop func call() {
                pool.spawn { [bob = tenants[1]] in
                    let made = try? await bot.order("a cat", bob)
                    end.put(made?.pictures.first?.original.id ?? "none")
                }
            }
            if !turnLeads {
                call()
                try await joined(bot, tenants[1])
            }
            let turn = try await bot.draw("/image a cat", in: session)
            let told = try await bot.progress(of: turn.reader())
            #expect(told != nil)
            if turnLeads {
                call()
                try await joined(bot, tenants[1])
            }
            fal.jobs[0].finish()
            let outcome = try await bot.ended(turn).outcome
            #expect(outcome.end == .done && outcome.pictures.count == 1)
            let file = try await bot.passing { try await end.next("the call's end") }
            #expect(file != outcome.pictures.first?.file && file != "none")
            for tenant in tenants[..<2] {
                #expect(try await charged(bot, tenant) == [1, 1, 20_000])
            }
            #expect(orders(fal) == 1)
        }
    }

    @Loop @Test func `an order goes on for the others when its leader leaves`() async throws {
        try await sharing { bot, fal, tenants in
            let pool = TaskPool()
            let (job, ends, tasks) = try await order(bot, fal, of: tenants, in: pool)
            tasks[0].cancel()
            #expect(try await ends[0].next("ann's end").hasPrefix("error"))
            tasks[2].cancel()
            #expect(try await ends[2].next("cora's end").hasPrefix("error"))
            let isCancelled = job.isCancelled
            #expect(!isCancelled)
            job.finish()
            let file = try await bot.passing { try await ends[1].next("bob's end") }
            #expect(try await bot.store.file(file)?.tenant == tenants[1].row.id)
            for tenant in tenants { #expect(try await charged(bot, tenant) == [1, 1, 13_334]) }
            // The pictures are files of those who waited for them.
            #expect(try await bot.store.files(of: bot.ann.row.id, limit: 9).isEmpty)
            #expect(orders(fal) == 1)
        }
    }

    @Loop @Test(arguments: [false, true])
    func `the last one to leave cancels the order`(hasBegun: Bool) async throws {
        try await sharing { bot, fal, tenants in
            let pool = TaskPool()
            let (job, ends, tasks) = try await order(bot, fal, of: tenants, in: pool)
            if hasBegun {
                job.begin()
                let began = try await bot.passing {
                    await eventually {
                        bot.ann.callsUnderWay.first?.progress == .running(percent: nil)
                    }
                }
                #expect(began)
            }
            for (task, end) in zip(tasks, ends) {
                task.cancel()
                #expect(try await end.next("an end").hasPrefix("error"))
            }
            #expect(await eventually { job.isCancelled })
            let whole: [Int64] = hasBegun ? [1, 1, 13_334] : [0, 0, 0]
            for tenant in tenants { #expect(try await charged(bot, tenant) == whole) }
        }
    }

    /// A failure of an order.
    enum Failure: CaseIterable {
        case nothingBought, bought
    }

    @Loop @Test(arguments: Failure.allCases)
    func `a failure is told to all, and costs each its part of what was bought`(
        failure: Failure
    ) async throws {
        try await sharing { bot, fal, tenants in
            let pool = TaskPool()
            let (job, ends, _) = try await order(bot, fal, of: tenants, in: pool)
            switch failure {
            case .nothingBought: job.fail(.error(503, "no worker"))
            case .bought: job.finish(Array("<html>sorry</html>".utf8))
            }
            for end in ends {
                let told = try await bot.passing { try await end.next("an end") }
                #expect(told.hasPrefix("error") && told.contains("'fal'"), "\(told)")
            }
            let whole: [Int64] = failure == .bought ? [1, 1, 13_334] : [0, 0, 0]
            for tenant in tenants { #expect(try await charged(bot, tenant) == whole) }
            #expect(orders(fal) == 1)
            #expect(try await bot.store.files(after: "", limit: 9).isEmpty)
        }
    }

    @Loop @Test func `a tenant without a part of the price waits for no order`() async throws {
        try await sharing { bot, fal, tenants in
            let pool = TaskPool()
            let (job, ends, _) = try await order(bot, fal, of: [tenants[0]], in: pool)
            try await bot.bot.tenants.changeQuotas(of: tenants[1]) {
                $0.spendPerMonthMicros = 39_999
            }
            let failure = await bot.failure { _ = try await bot.order("a cat", tenants[1]) }
            #expect(failure?.description.contains("dollars per month") == true)
            job.finish()
            _ = try await bot.passing { try await ends[0].next("ann's end") }
            #expect(try await charged(bot, tenants[0]) == [1, 1, 40_000])
            #expect(try await charged(bot, tenants[1]) == [0, 0, 0])
        }
    }

    @Loop @Test func `an order goes on for the others when its leader is suspended`() async throws {
        try await sharing { bot, fal, tenants in
            let pool = TaskPool()
            let (job, ends, _) = try await order(bot, fal, of: tenants, in: pool)
            try await bot.bot.set(.suspended, of: bot.ann)
            #expect(try await ends[0].next("ann's end").contains("suspended"))
            job.finish()
            for end in ends[1...] {
                let file = try await bot.passing { try await end.next("an end") }
                #expect(!file.hasPrefix("error"))
            }
            #expect(orders(fal) == 1)
        }
    }

    @Loop @Test func `every caller hears the progress, and the operator sees each`() async throws {
        try await sharing { bot, fal, tenants in
            let pool = TaskPool()
            let (job, ends, _) = try await order(bot, fal, of: tenants, in: pool)
            job.begin()
            let seen = try await bot.passing {
                await eventually {
                    let calls = tenants.compactMap(\.callsUnderWay.first)
                    return calls.count == 3
                        && calls.allSatisfy { $0.isAsked && $0.progress == .running(percent: nil) }
                }
            }
            #expect(seen)
            job.finish()
            for end in ends { _ = try await bot.passing { try await end.next("an end") } }
            let left = tenants.flatMap(\.callsUnderWay)
            #expect(left.isEmpty)
        }
    }
}
