import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

@testable import BerthStore

@Suite(.loop) struct UpkeepStoreTests {
    private let noon = StoreFixture.noon

    // MARK: Kept values

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a kept value is there until another one is, also after a start`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        var store = fixture.store
        #expect(try await store.kept(.hotSet) == nil)
        for value in [[1, 2], [], [3]] as [[UInt8]] {
            try await store.keep(value, as: .hotSet)
            #expect(try await store.kept(.hotSet) == value)
        }
        store = try await fixture.restarted()
        #expect(try await store.kept(.hotSet) == [3])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a full disk keeps the value that was there`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        try await fixture.store.keep([1], as: .hotSet)
        let value = [UInt8](repeating: 7, count: 300_000)
        let (problems, _) = try await fixture.fullDisk { store async throws(StoreError) in
            try await store.keep(value, as: .hotSet)
        }
        #expect(problems.isEmpty)
        #expect(try await fixture.store.kept(.hotSet) == value)
    }

    @Loop @Test func `the log's room is given back on request`() async throws {
        let fixture = try await StoreFixture(.folder)
        try await fixture.store.keep([UInt8](repeating: 7, count: 300_000), as: .hotSet)
        let before = try fixture.files.read("berth.db-wal").count
        try await fixture.store.shrinkLog()
        let after = try fixture.files.read("berth.db-wal").count
        #expect(before > 0 && after == 0)
        #expect(try await fixture.store.kept(.hotSet)?.count == 300_000)
    }

    // MARK: Troubles

    @Loop @Test(arguments: StoreEngine.allCases)
    func `what failed or is uncertain is listed newest first, calls of the API too`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        for (minute, name) in ["old", "failed", "done", "waiting"].enumerated() {
            let turn = try await fixture.turn(name)
            guard name != "waiting" else { continue }
            let call = try await fixture.call(turn)
            try await store.settle([fixture.settlement(call, turn)], at: noon)
            let end: TurnOutcome.End = name == "done" ? .done : .failed
            var outcome = TurnOutcome(end, answer: "secret", error: "почему", model: "p/m")
            outcome.why = "why"
            try await store.finishTurn(turn, as: outcome, at: noon + .seconds(60 * minute))
        }
        let lost = try await fixture.turn("lost")
        let paid = try await fixture.call(lost)
        try await store.settle([fixture.settlement(paid, lost)], at: noon)
        _ = try await store.recover(at: noon + .seconds(600))
        let call = try await fixture.call()
        _ = try await store.recover(at: noon + .seconds(900))
        let start = noon + .seconds(60)
        let all = try await store.troubles(since: start, limit: 10)
        #expect(all.map(\.subject) == [.call(call), .turn("lost"), .turn("failed")])
        #expect(all.map(\.state) == [.uncertain, .uncertain, .failed])
        #expect(all.map(\.reason) == [nil, nil, "why"])
        #expect(all.map(\.model) == ["demo/m", nil, "p/m"])
        #expect(all.map(\.attempts) == [1, 1, 1])
        #expect(all.last?.ended == noon + .seconds(60))
        let one = try await store.troubles(since: start, limit: 1)
        #expect(one.map(\.subject) == [.call(call)])
        let counts = TroubleCounts(
            failedTurns: 1,
            uncertainCalls: 1,
            failedParts: 0,
            absorbedCalls: 0,
            absorbedMicros: 0,
            unsureParts: 0
        )
        #expect(try await store.troubleCounts(since: start) == counts)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a turn's uncertain call is counted, not listed beside its turn`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        _ = try await fixture.call(try await fixture.turn("t-1"))
        _ = try await store.recover(at: noon)
        let listed = try await store.troubles(since: noon, limit: 10)
        #expect(listed.map(\.subject) == [.turn("t-1")])
        #expect(try await store.troubleCounts(since: noon).uncertainCalls == 1)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `parts of replies that were given up are counted since a time`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        _ = try await fixture.replied("t-1", ["a"])
        let part = try #require(try await fixture.due().first)
        _ = try await fixture.store.failOutbox(part.id, because: "x", at: noon)
        #expect(try await fixture.store.troubleCounts(since: noon).failedParts == 1)
        let later = noon + .seconds(1)
        #expect(try await fixture.store.troubleCounts(since: later).failedParts == 0)
    }

    // MARK: Load

    @Loop @Test(arguments: StoreEngine.allCases)
    func `an empty store has done nothing`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        #expect(try await fixture.store.measuredLoad(since: noon) == MeasuredLoad())
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `turns, calls and their time are counted since the start asked for`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        for hour in [0, 1, 1] {
            let now = noon + .seconds(3600 * hour)
            let call = try await fixture.call(at: now)
            try await store.settle([fixture.settlement(call)], at: now + .seconds(4))
        }
        _ = try await fixture.turn("t")
        let load = try await store.measuredLoad(since: noon)
        #expect(load.turns == 1 && load.tenantDays == 1 && load.requests == 3)
        #expect(load.busiestCalls == 2 && load.busiestTenants == 1)
        #expect(load.providers == [.init(name: "demo", calls: 3, seconds: 4)])
        let later = try await store.measuredLoad(since: noon + .seconds(7200))
        #expect(later.busiestCalls == 0 && later.providers.isEmpty)
    }

    // MARK: The store itself

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a sound store has no problems`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        _ = try await fixture.replied("t-1", ["a"])
        try await fixture.store.ping()
        #expect(try await fixture.store.integrityCheck() == [])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `giving memory back loses nothing`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let turn = try await fixture.turn("t-1")
        await fixture.store.releaseMemory()
        #expect(try await fixture.store.turn(publicID: "t-1")?.id == turn)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `closing finishes the verbs that wait and refuses later ones`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, noon) = (fixture.store, noon)
        var added: [Pending<Tenant>] = []
        for index in 0..<20 {
            added.append(
                await begin { () async throws(StoreError) in
                    try await store.addTenant(named: "t\(index)", at: noon)
                }
            )
        }
        await store.close()
        for one in added { _ = try await one.value() }
        await #expect(throws: StoreError.closed) { try await store.ping() }
        await #expect(throws: StoreError.closed) { _ = try await fixture.turn("t-1") }
        await store.close()
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a read sees the writes that were called before it`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let write = await begin { () async throws(StoreError) in
            try await store.suspendTenant(ann)
        }
        #expect(try await store.tenant(ann)?.state == .suspended)
        _ = try await write.value()
        let pending = store.pending
        #expect(pending <= 1)  // the last one may not be counted off yet
    }

    @Loop @Test func `SQLite says what it holds`() async throws {
        let fixture = try await StoreFixture(.folder)
        let memory = SQLiteMemory.read()
        #expect(memory.used > memory.pages && memory.pages > .zero)
        _ = fixture
    }

    @Loop @Test func `a store in memory works on the loop's thread, in groups and in order`()
        async throws
    {
        let fixture = try await StoreFixture(.memory)
        let (store, noon, ann) = (fixture.store, noon, fixture.tenant.id)
        var writes: [Pending<Turn.ID>] = []
        for index in 0..<3 {
            let draft = TurnDraft(
                publicID: "t-\(index)",
                session: fixture.session.id,
                tenant: ann,
                text: ""
            )
            let pending = Pending<Turn.ID>()
            writes.append(pending)
            EventLoop.shared.spawn {
                do throws(StoreError) {
                    pending.finish(.success(try await store.acceptTurn(draft, at: noon)))
                } catch { pending.finish(.failure(error)) }
            }
        }
        var ids: [Int64] = []
        for write in writes { ids.append(try await write.value().value) }
        #expect(ids == [1, 2, 3])
    }
}
