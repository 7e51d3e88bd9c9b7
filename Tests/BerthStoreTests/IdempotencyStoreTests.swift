import BerthLoop
import BerthMemory
import BerthStore
import BerthTestKit
import Testing

@Suite(.loop) struct IdempotencyStoreTests {
    private let noon = StoreFixture.noon
    private let key = IdempotencyKey(name: hash(1), request: hash(2))
    private let outcome = KeptOutcome(status: 200, type: "application/json", body: [1, 2, 3])
    private let most = ByteCount.kibibytes(1)

    /// A call with the key.
    private func call(_ fixture: StoreFixture, at now: Timestamp? = nil) async throws -> Call.ID {
        var reservation = fixture.reservation()
        reservation.key = key
        return try await fixture.store.startCall(reservation, at: now ?? noon)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a key goes from free to unknown to kept, for its tenant and its request`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let bob = try await store.addTenant(named: "bob", at: noon).id
        #expect(try await store.record(of: key, for: ann, at: noon) == .free(count: 0, next: nil))
        let call = try await call(fixture)
        #expect(try await store.record(of: key, for: ann, at: noon) == .unknown)
        try await store.settle([fixture.settlement(call)], at: noon)
        #expect(try await store.record(of: key, for: ann, at: noon) == .unknown)
        #expect(
            try await store.keepOutcome(outcome, of: key, for: ann, within: most, at: noon)
        )
        #expect(try await store.record(of: key, for: ann, at: noon) == .kept(ByteCount(3)))
        #expect(try await store.outcome(of: key, for: ann) == outcome)
        let other = IdempotencyKey(name: key.name, request: hash(3))
        #expect(try await store.record(of: other, for: ann, at: noon) == .reused)
        #expect(try await store.outcome(of: other, for: ann) == nil)
        let new = IdempotencyKey(name: hash(4), request: key.request)
        let next = noon + IdempotencyKey.lifetime
        #expect(try await store.record(of: new, for: ann, at: noon) == .free(count: 1, next: next))
        #expect(try await store.record(of: key, for: bob, at: noon) == .free(count: 0, next: nil))
        #expect(try await store.outcome(of: key, for: bob) == nil)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `after a kill a reserved key is unknown, and a kept one is kept`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let ann = fixture.tenant.id
        _ = try await call(fixture)
        let second = IdempotencyKey(name: hash(5), request: hash(6))
        try await fixture.store.keepOutcome(outcome, of: second, for: ann, within: most, at: noon)
        let store = try await fixture.restarted()
        _ = try await store.recover(at: noon)
        #expect(try await store.record(of: key, for: ann, at: noon) == .unknown)
        #expect(try await store.outcome(of: second, for: ann) == outcome)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a call that bought nothing frees its key, unless another call was charged for it`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let first = try await call(fixture)
        try await store.releaseCall(first, at: noon)
        #expect(try await store.record(of: key, for: ann, at: noon) == .free(count: 0, next: nil))
        // The next model is asked before the first one's release is written.
        let early = try await call(fixture)
        let late = try await call(fixture)
        try await store.releaseCall(early, at: noon)
        #expect(try await store.record(of: key, for: ann, at: noon) == .unknown)
        try await store.settle([fixture.settlement(late)], at: noon)
        let third = try await call(fixture)
        try await store.releaseCall(third, at: noon)
        #expect(try await store.record(of: key, for: ann, at: noon) == .unknown)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `an outcome over the bound is not kept, alone or with the others`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let half = KeptOutcome(status: 200, type: "a/b", body: [UInt8](repeating: 7, count: 600))
        let keys = (1...3).map { IdempotencyKey(name: hash($0), request: hash(9)) }
        #expect(try await store.keepOutcome(half, of: keys[0], for: ann, within: most, at: noon))
        #expect(try await !store.keepOutcome(half, of: keys[1], for: ann, within: most, at: noon))
        #expect(try await !store.keepOutcome(nil, of: keys[2], for: ann, within: most, at: noon))
        #expect(try await store.record(of: keys[0], for: ann, at: noon) == .kept(ByteCount(600)))
        for key in keys[1...] {
            #expect(try await store.record(of: key, for: ann, at: noon) == .notKept)
            #expect(try await store.outcome(of: key, for: ann) == nil)
        }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a key is forgotten after a day and with its tenant`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        _ = try await call(fixture)
        let end = noon + IdempotencyKey.lifetime
        let last = Timestamp(milliseconds: end.milliseconds - 1)
        _ = try await store.purge(at: last)
        #expect(try await store.record(of: key, for: ann, at: last) == .unknown)
        #expect(try await store.record(of: key, for: ann, at: end) == .free(count: 0, next: nil))
        // A key that is used again after a day begins anew, also before it was purged.
        _ = try await call(fixture, at: end)
        #expect(try await store.record(of: key, for: ann, at: end) == .unknown)
        try await store.keepOutcome(outcome, of: key, for: ann, within: most, at: end)
        _ = try await store.purge(at: end)
        #expect(try await store.outcome(of: key, for: ann) == outcome)
        _ = try await store.removeTenant(ann)
        #expect(try await store.outcome(of: key, for: ann) == nil)
        await #expect(throws: StoreError.notFound(what: "tenant")) {
            try await store.keepOutcome(outcome, of: key, for: ann, within: most, at: end)
        }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a full disk keeps neither the call nor its key`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        var reservation = fixture.reservation()
        (reservation.key, reservation.model) = (key, String(repeating: "x", count: 300_000))
        let (ready, noon) = (reservation, noon)
        let (problems, _) = try await fixture.fullDisk { store async throws(StoreError) in
            try await store.startCall(ready, at: noon)
        }
        #expect(problems.isEmpty)
    }
}
