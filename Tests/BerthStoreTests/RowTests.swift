import BerthLoop
import BerthStore
import BerthTestKit
import Testing

@Suite(.loop) struct TenantTests {
    @Loop @Test func `a name belongs to one tenant until that one is removed`() async throws {
        let fixture = try await StoreFixture()
        let (database, ann) = (fixture.database, fixture.tenant.id)
        await #expect(throws: StoreError.nameTaken("ann")) {
            try await database.write { store throws(StoreError) in
                _ = try store.addTenant(named: "ann", at: StoreFixture.noon)
            }
        }
        let again = try await database.write { store throws(StoreError) in
            try store.removeTenant(ann)
            return try store.addTenant(named: "ann", at: StoreFixture.noon).id
        }
        #expect(again != ann)
        let found = try await database.read { store throws(StoreError) in
            try store.tenant(named: "ann")?.id
        }
        #expect(found == again)
    }

    @Loop @Test func `quotas are set and taken back`() async throws {
        let fixture = try await StoreFixture()
        let ann = fixture.tenant.id
        var quotas = TenantQuotas()
        quotas.requestsPerDay = 0
        quotas.spendPerMonthMicros = 5_000_000
        quotas.diskBytes = 1 << 40
        let wanted = quotas
        let read = try await fixture.database.write { store throws(StoreError) in
            try store.setQuotas(wanted, of: ann)
            let set = try store.tenant(ann)?.quotas
            try store.setQuotas(TenantQuotas(), of: ann)
            return [set, try store.tenant(ann)?.quotas]
        }
        #expect(read == [wanted, TenantQuotas()])
    }

    @Loop @Test func `removing a tenant keeps the ledger and nothing else`() async throws {
        let fixture = try await StoreFixture()
        let (ann, session) = (fixture.tenant.id, fixture.session.id)
        let turn = try await fixture.turn("t-1")
        let call = try await fixture.database.write { store throws(StoreError) in
            _ = try store.addKey(for: ann, hash: hash(1), hint: "abcdef", at: StoreFixture.noon)
            try store.addIdentity(
                of: ann,
                channel: .telegram,
                external: "42",
                at: StoreFixture.noon
            )
            let reservation = Reservation(
                tenant: ann,
                turn: turn,
                provider: "demo",
                model: "m",
                tokens: 10,
                micros: 1
            )
            return try store.reserve(reservation, at: StoreFixture.noon)
        }
        let left = try await fixture.database.write { store throws(StoreError) in
            try store.removeTenant(ann)
            return [
                try store.keys().count, try store.identities(of: ann).count,
                try store.turns(of: session, limit: 10).count,
                try store.sessions(of: ann, channel: .web, limit: 10).count,
                try store.call(call) == nil ? 0 : 1,
            ]
        }
        #expect(left == [0, 0, 0, 0, 1])
        let state = try await fixture.database.read { store throws(StoreError) in
            try store.tenant(ann)?.state
        }
        #expect(state == .removed)
        await #expect(throws: StoreError.notFound(what: "tenant")) {
            try await fixture.database.write { store throws(StoreError) in
                try store.resumeTenant(ann)
            }
        }
        let problems = try await fixture.database.integrityCheck()
        #expect(problems.isEmpty)
    }

    @Loop @Test func `a key is listed until it is revoked`() async throws {
        let fixture = try await StoreFixture()
        let ann = fixture.tenant.id
        let lists = try await fixture.database.write { store throws(StoreError) in
            let key = try store.addKey(
                for: ann,
                hash: hash(1),
                hint: "abcdef",
                at: StoreFixture.noon
            )
            let before = [try store.keys(), try store.keys(of: ann)]
            try store.revokeKey(key.id, at: StoreFixture.noon)
            return before + [try store.keys()]
        }
        #expect(lists.map(\.count) == [1, 1, 0])
        #expect(lists[0][0].hash == hash(1))
    }
}

@Suite(.loop) struct ConversationTests {
    @Loop @Test func `a turn lives from accepted to its one end`() async throws {
        let fixture = try await StoreFixture()
        let text = "grüße \u{1F980} with \0 inside"
        let id = try await fixture.turn("t-1", text: text)
        let (states, turn) = try await fixture.database.write { store throws(StoreError) in
            var outcome = TurnOutcome(.done, answer: "answer", model: "m")
            outcome.inputTokens = 3
            let states = [
                try store.savePartialAnswer("an", of: id), try store.startTurn(id),
                try store.startTurn(id), try store.savePartialAnswer("ans", of: id),
                try store.finishTurn(id, as: outcome, at: StoreFixture.noon),
                try store.finishTurn(
                    id,
                    as: TurnOutcome(.failed, answer: ""),
                    at: StoreFixture.noon
                ),
                try store.savePartialAnswer("late", of: id),
            ]
            return (states, try store.turn(publicID: "t-1"))
        }
        #expect(states == [false, true, false, true, true, false, false])
        #expect(turn?.state == .done)
        #expect(turn?.text == text)
        #expect(turn?.answer == "answer")
        #expect(turn?.inputTokens == 3)
    }

    @Loop @Test func `turns begun by an earlier run are uncertain, accepted ones wait`()
        async throws
    {
        let fixture = try await StoreFixture()
        let ids = [
            try await fixture.turn("t-1"), try await fixture.turn("t-2"),
            try await fixture.turn("t-3"),
        ]
        let (count, turns) = try await fixture.database.write { store throws(StoreError) in
            try store.startTurn(ids[1])
            try store.savePartialAnswer("half", of: ids[1])
            try store.finishTurn(
                ids[2],
                as: TurnOutcome(.done, answer: "whole"),
                at: StoreFixture.noon
            )
            let count = try store.loseRunningTurns(at: StoreFixture.noon)
            return (
                count,
                try [ids[0], ids[1], ids[2]].enumerated().map { _, id throws(StoreError) in
                    try store.turn(publicID: "t-\(id.value)")
                }
            )
        }
        #expect(count == 1)
        #expect(turns.map { $0?.state } == [.accepted, .uncertain, .done])
        let waiting = try await fixture.database.read { store throws(StoreError) in
            try store.acceptedTurns(limit: 10).map(\.publicID)
        }
        #expect(waiting == ["t-1"])
        #expect(turns.map { $0?.answer } == ["", "half", "whole"])
    }

    @Loop @Test func `history comes in pages, newest first`() async throws {
        let fixture = try await StoreFixture()
        for index in 1...7 { _ = try await fixture.turn("t-\(index)") }
        let session = fixture.session.id
        let pages = try await fixture.database.read { store throws(StoreError) in
            var pages: [[String]] = []
            var before: Turn.ID?
            while true {
                let page = try store.turns(of: session, before: before, limit: 3)
                if page.isEmpty { return pages }
                pages.append(page.map(\.publicID))
                before = page.last?.id
            }
        }
        #expect(pages == [["t-7", "t-6", "t-5"], ["t-4", "t-3", "t-2"], ["t-1"]])
    }

    @Loop @Test func `the window holds answered turns up to its bounds`() async throws {
        let fixture = try await StoreFixture()
        let session = fixture.session.id
        for index in 1...6 {
            let id = try await fixture.turn("t-\(index)", text: "12345")
            let end: TurnOutcome.End = index == 3 ? .failed : .done
            try await fixture.database.write { store throws(StoreError) in
                _ = try store.finishTurn(
                    id,
                    as: TurnOutcome(end, answer: "67890"),
                    at: StoreFixture.noon
                )
            }
        }
        _ = try await fixture.turn("t-7", text: "open")
        let windows = try await fixture.database.write { store throws(StoreError) in
            var windows = [
                try store.window(of: session, limit: 10, bytes: 1000),
                try store.window(of: session, limit: 2, bytes: 1000),
                try store.window(of: session, limit: 10, bytes: 39),
                try store.window(of: session, limit: 10, bytes: 0),
            ]
            try store.clearWindow(of: session)
            windows.append(try store.window(of: session, limit: 10, bytes: 1000))
            return windows
        }
        #expect(
            windows.map { $0.map(\.turn.value) } == [[6, 5, 4, 2, 1], [6, 5], [6, 5, 4], [], []]
        )
    }

    @Loop @Test func `conversations are counted by channel, the longest silent one is the oldest`()
        async throws
    {
        let fixture = try await StoreFixture()
        let (ann, first) = (fixture.tenant.id, fixture.session.id)
        let seen = try await fixture.database.write { store throws(StoreError) in
            let second = try store.addSession(
                publicID: "s-2",
                channel: .web,
                tenant: ann,
                at: StoreFixture.noon + .seconds(1)
            )
            try store.touchSession(first, at: StoreFixture.noon + .seconds(2))
            let count = try store.sessionCount(of: ann, channel: .web)
            let oldest = try store.oldestSession(of: ann, channel: .web) == second.id
            try store.deleteSession(second.id, at: StoreFixture.noon)
            let left = try store.sessionCount(of: ann, channel: .web)
            let next = try store.oldestSession(of: ann, channel: .web) == first
            let none = try store.sessionCount(of: ann, channel: .terminal)
            let isNone = try store.oldestSession(of: ann, channel: .terminal) == nil
            return ([count, left, none], [oldest, next, isNone])
        }
        #expect(seen.0 == [2, 1, 0])
        #expect(seen.1 == [true, true, true])
    }

    @Loop @Test func `conversations are listed by their last word until deleted`() async throws {
        let fixture = try await StoreFixture()
        let (ann, first) = (fixture.tenant.id, fixture.session.id)
        let lists = try await fixture.database.write { store throws(StoreError) in
            let second = try store.addSession(
                publicID: "s-2",
                channel: .web,
                tenant: ann,
                at: StoreFixture.noon + .seconds(1)
            )
            _ = try store.addSession(
                publicID: "s-3",
                channel: .terminal,
                tenant: ann,
                at: StoreFixture.noon
            )
            var lists = [try store.sessions(of: ann, channel: .web, limit: 10)]
            try store.touchSession(first, at: StoreFixture.noon + .seconds(2))
            try store.setTitle("first", of: first)
            try store.setModel("openai/m", of: first)
            lists.append(try store.sessions(of: ann, channel: .web, limit: 1))
            try store.deleteSession(second.id, at: StoreFixture.noon)
            lists.append(try store.sessions(of: ann, channel: .web, limit: 10))
            return lists
        }
        #expect(lists.map { $0.map(\.publicID) } == [["s-2", "s-1"], ["s-1"], ["s-1"]])
        #expect(lists[1][0].title == "first")
        #expect(lists[1][0].model == "openai/m")
        await #expect(throws: StoreError.notFound(what: "conversation")) {
            try await fixture.database.write { store throws(StoreError) in
                _ = try store.acceptTurn(
                    publicID: "t",
                    session: RowID(2),
                    tenant: ann,
                    text: "",
                    at: StoreFixture.noon
                )
            }
        }
    }
}
