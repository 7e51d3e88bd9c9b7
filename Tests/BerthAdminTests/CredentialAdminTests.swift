import BerthAdmin
import BerthBot
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// Keys and logins that the operator revokes, also while a stream uses them.
@Suite(.loop, .timeLimit(.minutes(20))) struct CredentialAdminTests {
    private static let question =
        #"{"model":"hand/m","stream":true,"messages":[{"role":"user","content":"hi"}]}"#

    /// A stream of the API with `key`, whose first word has come.
    @Loop private func stream(
        _ bot: BotFixture,
        by key: String
    ) async throws -> (reader: EventReader, call: HandCall) {
        let pool = TaskPool()
        let readers = Mailbox<EventReader>()
        pool.spawn {
            let response = try? await bot.send(
                "POST",
                "/v1/chat/completions",
                Array(Self.question.utf8),
                as: .key(key)
            )
            if let response { readers.put(EventReader(response)) }
        }
        let call = try await bot.hand.call()
        call.say("so far")
        let reader = try await readers.next("the stream")
        _ = try await reader.next()
        return (reader, call)
    }

    /// Whether a stream is cut off before its good end.
    @Loop private func isCut(_ reader: EventReader) async -> Bool {
        do { _ = try await reader.rest() } catch { return true }
        return false
    }

    @Loop @Test func `keys are listed by hint and date, never whole`() async throws {
        try await withBot { bot in
            bot.clock.advance(by: .seconds(60))
            let second = try await bot.bot.tenants.addKey(to: bot.ann)
            let answer = try await bot.admin("GET", "/admin/tenants/ann/keys")
            let list = try JSON.decode(KeyList.self, from: answer.bytes)
            #expect(list.tenant == "ann")
            #expect(list.keys.map(\.hint) == [bot.key, second.text].map { String($0.prefix(12)) })
            #expect(list.keys[1].createdMs == list.keys[0].createdMs + 60_000)
            #expect(!answer.text.contains(bot.key) && !answer.text.contains(second.text))
            #expect(try await bot.admin("GET", "/admin/tenants/eve/keys").status == 404)
        }
    }

    @Loop @Test func `logins are listed by name and date, and one is ended alone`() async throws {
        try await withBot { bot in
            let first = try await bot.login(bot.ann)
            bot.clock.advance(by: .seconds(60))
            let second = try await bot.login(bot.ann)
            let path = "/admin/tenants/ann/logins"
            let answer = try await bot.admin("GET", path)
            let list = try JSON.decode(LoginList.self, from: answer.bytes)
            #expect(list.tenant == "ann" && list.logins.count == 2)
            #expect(list.logins[1].createdMs == list.logins[0].createdMs + 60_000)
            #expect(list.logins[0].expiresMs == list.logins[0].createdMs + 90 * 86_400_000)
            for caller in [first, second] {
                guard case .cookie(let cookie) = caller else { continue }
                #expect(!answer.text.contains(cookie))
            }
            let name = list.logins[0].login
            #expect(try await bot.admin("DELETE", "\(path)/\(name)").status == 200)
            #expect(try await bot.ask("GET", "/web/me", as: first).status == 401)
            #expect(try await bot.ask("GET", "/web/me", as: second).status == 200)
            for wrong in [name, "00000000", "..", "%00"] {
                #expect(try await bot.admin("DELETE", "\(path)/\(wrong)").status >= 400)
            }
            #expect(try await bot.admin("GET", "/admin/tenants/eve/logins").status == 404)
            bot.clock.advance(by: .seconds(91 * 86_400))
            let later = try await bot.admin("GET", path)
            #expect(try JSON.decode(LoginList.self, from: later.bytes).logins.isEmpty)
        }
    }

    @Loop @Test func `a revoked key is refused at once, the others are not`() async throws {
        try await withBot { bot in
            let second = try await bot.bot.tenants.addKey(to: bot.ann).text
            let path = "/admin/tenants/ann/revoke"
            let answer = try await bot.admin("POST", path, #"{"key":"\#(second.prefix(12))"}"#)
            let report = try JSON.decode(RevokedKeys.self, from: answer.bytes)
            #expect(
                report.tenant == "ann" && report.revoked.map(\.hint) == ["\(second.prefix(12))"]
            )
            #expect(try await bot.ask("GET", "/v1/models", as: .key(second)).status == 401)
            #expect(try await bot.ask("GET", "/terminal/me", as: .key(second)).status == 401)
            #expect(try await bot.ask("GET", "/v1/models", as: .key(bot.key)).status == 200)
            let again = try await bot.admin("POST", path, #"{"key":"\#(second)"}"#)
            #expect(again.status == 400 && !again.text.contains(second))
            let all = try await bot.admin("POST", path, #"{"all":true}"#)
            #expect(try JSON.decode(RevokedKeys.self, from: all.bytes).revoked.count == 1)
            #expect(try await bot.ask("GET", "/v1/models", as: .key(bot.key)).status == 401)
            let none = try await bot.admin("POST", path, #"{"all":true}"#)
            #expect(try JSON.decode(RevokedKeys.self, from: none.bytes).revoked.isEmpty)
            for body in ["{}", #"{"all":false}"#, #"{"all":true,"key":"a"}"#, #"{"key":7}"#] {
                #expect(try await bot.admin("POST", path, body).status == 400)
            }
        }
    }

    @Loop @Test func `a stream by a revoked key is cut, its call cancelled and settled`()
        async throws
    {
        try await withBot { bot in
            let second = try await bot.bot.tenants.addKey(to: bot.ann).text
            let (lost, lostCall) = try await stream(bot, by: second)
            let (kept, keptCall) = try await stream(bot, by: bot.key)
            let body = #"{"key":"\#(second)"}"#
            #expect(try await bot.admin("POST", "/admin/tenants/ann/revoke", body).status == 200)
            try await lostCall.gone()
            #expect(await isCut(lost))
            keptCall.say("more")
            keptCall.finish()
            #expect(await !isCut(kept))
            await bot.bot.meter.drain()
            let usage = try await bot.store.usage(of: bot.ann.row.id, on: bot.clock.timestamp)
            #expect(usage.reservedTokens == 0 && usage.requests == 2)
            #expect(await eventually { bot.ann.account.held == .zero })
        }
    }

    @Loop @Test func `a request that waits for a whole answer ends with its key`() async throws {
        try await withBot { bot in
            let pool = TaskPool()
            let outcomes = Mailbox<Bool>()
            pool.spawn {
                let answer = try? await bot.chat(Self.question.replacing("true", with: "false"))
                outcomes.put(answer == nil)
            }
            let call = try await bot.hand.call()
            _ = try await bot.bot.tenants.revokeKeys(of: bot.ann)
            try await call.gone()
            let isLost = try await outcomes.next("the end of the request")
            #expect(isLost)
            await pool.drain()
        }
    }

    @Loop @Test func `a tenant that is logged out loses its pages, not its turn`() async throws {
        try await withBot { bot in
            let (ann, other) = (try await bot.login(bot.ann), try await bot.login(bot.ann))
            let unused = try bot.token(of: try await bot.bot.access.link(for: bot.ann))
            let made = try await bot.ask("POST", "/web/sessions", "{}", as: ann)
            let session = try #require(made.object?.string("id"))
            let path = "/web/sessions/\(session)/turns"
            let reader = EventReader(
                try await bot.send("POST", path, Array(#"{"text":"hi"}"#.utf8), as: ann)
            )
            let id = try #require(try await reader.next()?.object?.string("id"))
            let call = try await bot.hand.call()
            call.say("so far")
            _ = try await reader.next()
            let answer = try await bot.admin("POST", "/admin/tenants/ann/logout")
            let report = try JSON.decode(LogoutReport.self, from: answer.bytes)
            #expect(report.tenant == "ann" && report.logins == 2)
            #expect(await isCut(reader))
            for caller in [ann, other] {
                #expect(try await bot.ask("GET", "/web/me", as: caller).status == 401)
            }
            #expect(try await bot.login(token: unused).status == 403)
            call.say(" and on")
            call.finish()
            let late = EventReader(
                try await bot.send("GET", "/web/turns/\(id)/events", as: bot.login(bot.ann))
            )
            let events = try await late.rest()
            #expect(events.last?.object?.string("state") == "done")
            #expect(try await bot.admin("POST", "/admin/tenants/eve/logout").status == 404)
        }
    }

    @Loop @Test func `logging out in the page ends what the same login has open`() async throws {
        try await withBot { bot in
            let (ann, other) = (try await bot.login(bot.ann), try await bot.login(bot.ann))
            let made = try await bot.ask("POST", "/web/sessions", "{}", as: ann)
            let session = try #require(made.object?.string("id"))
            let path = "/web/sessions/\(session)/turns"
            let reader = EventReader(
                try await bot.send("POST", path, Array(#"{"text":"hi"}"#.utf8), as: ann)
            )
            let id = try #require(try await reader.next()?.object?.string("id"))
            let call = try await bot.hand.call()
            let watching = EventReader(
                try await bot.send("GET", "/web/turns/\(id)/events", as: other)
            )
            #expect(try await bot.ask("POST", "/logout", as: ann).status == 204)
            #expect(await isCut(reader))
            call.finish()
            #expect(try await watching.rest().last?.object?.string("state") == "done")
        }
    }

    @Loop @Test func `a removed tenant's streams end, its words are not on the disk any more`()
        async throws
    {
        try await withBot { bot in
            let session = try await bot.bot.conversations.create(bot.ann, .web).id
            for word in ["walrus", "narwhal"] {
                let turn = try await bot.bot.turns.begin("my \(word)", in: session, by: bot.ann)
                let call = try await bot.hand.call()
                call.say("a fine \(word)")
                if word == "walrus" { call.finish() }
                let reader = turn.reader()
                while word == "walrus", try await reader.next() != nil {}
                reader.close()
            }
            let (stream, call) = try await stream(bot, by: bot.key)
            #expect(try await bot.admin("DELETE", "/admin/tenants/ann").status == 200)
            try await call.gone()
            #expect(await isCut(stream))
            await bot.bot.finish()
            await bot.store.close()
            let bytes = try TextFile.read(
                DataFolder.database(in: bot.files.path),
                atMost: 1 << 24
            )
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(!text.contains("walrus") && !text.contains("narwhal"))
        }
    }
}
