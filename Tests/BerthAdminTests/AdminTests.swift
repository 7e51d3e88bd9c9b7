import BerthAdmin
import BerthBot
import BerthChannels
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthTestKit
import BerthText
import BerthWork
import Testing

@Suite(.loop, .timeLimit(.minutes(20))) struct AdminTests {
    @Loop @Test func `only root and the service's own user are heard`() async throws {
        try await withBot { bot in
            let api = AdminAPI(
                bot: bot.bot,
                memory: bot.memory,
                governor: bot.governor,
                owner: 1000,
                in: .quiet(bot.clock)
            )
            let peers: [HTTPPeer] = [
                .local(uid: 1000, pid: 1), .local(uid: 0, pid: 1), .local(uid: 1001, pid: 1),
                .local(uid: .max, pid: 0), .network(address: "127.0.0.1"),
            ]
            let heard = peers.map { api.allows($0) }
            #expect(heard == [true, true, false, false, false])
        }
    }

    @Loop @Test func `nothing of it is on the public address`() async throws {
        try await withBot { bot in
            for path in ["/admin/tenants", "/admin/usage"] {
                let answer = try await bot.ask("GET", path, as: .key(bot.key))
                #expect(answer.status == 404)
            }
            let named = [("x-berth-tenant", "ann")]
            let answer = try await bot.ask("GET", "/terminal/me", "", as: .nobody, named)
            #expect(answer.status == 401)
        }
    }

    @Loop @Test func `on a network socket every path is refused`() async throws {
        try await withBot { bot in
            let admin = AdminServer(
                bot: bot.bot,
                memory: bot.memory,
                governor: bot.governor,
                owner: 0,
                more: [],
                in: .quiet(bot.clock)
            )
            let server = try HTTPServer(
                listen: .tcp(host: "127.0.0.1", port: 0),
                in: .quiet(bot.clock)
            )
            let pool = TaskPool()
            pool.spawn { try? await server.serve(until: bot.stop) { await admin.answer($0) } }
            let client = try RawClient(port: server.port)
            for path in ["/admin/tenants", "/terminal/me", "/healthz", "/"] {
                let answer = try await client.ask("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(answer.status == 403)
            }
            client.close()
            pool.cancelAll()
            await pool.drain()
        }
    }

    // MARK: Tenants

    @Loop @Test func `a tenant is added, shown, suspended, resumed and removed`() async throws {
        try await withBot { bot in
            let added = try await bot.admin("POST", "/admin/tenants", #"{"name":"bob"}"#)
            let object = try #require(added.object)
            #expect(added.status == 200 && object.string("tenant") == "bob")
            let key = try #require(object.string("key"))
            #expect(key.hasPrefix("berth-") && key.count == 49)
            #expect(object.string("web")?.contains("/login?token=") == true)
            #expect(try await bot.ask("GET", "/v1/models", as: .key(key)).status == 200)
            let shown = try await bot.admin("GET", "/admin/tenants/bob")
            #expect(shown.object?.string("state") == "invited")
            #expect(!shown.text.contains(key))
            for (action, state) in [("suspend", "suspended"), ("resume", "active")] {
                #expect(try await bot.admin("POST", "/admin/tenants/bob/\(action)").status == 200)
                let now = try await bot.admin("GET", "/admin/tenants/bob").object?.string("state")
                #expect(now == (state == "active" ? "invited" : state))
                let told = try await bot.admin("POST", "/admin/tenants/bob/\(action)")
                #expect(told.object?.string("state") == state)
            }
            let second = try await bot.admin("POST", "/admin/tenants/bob/key")
            #expect(second.object?.string("key")?.hasPrefix("berth-") == true)
            #expect(try await bot.admin("DELETE", "/admin/tenants/bob").status == 200)
            #expect(try await bot.admin("GET", "/admin/tenants/bob").status == 404)
            #expect(try await bot.ask("GET", "/v1/models", as: .key(key)).status == 401)
            #expect(try await bot.admin("POST", "/admin/tenants", #"{"name":"bob"}"#).status == 200)
        }
    }

    @Loop @Test func `a tenant is invited until somebody comes, whose identities are shown`()
        async throws
    {
        try await withBot { bot in
            let body = #"{"name":"bob"}"#
            #expect(try await bot.admin("POST", "/admin/invitations", body).status == 200)
            func states() async throws -> [String] {
                let listed = try await bot.admin("GET", "/admin/tenants").bytes
                return try JSON.decode(TenantList.self, from: listed).tenants.map(\.state)
            }
            #expect(try await states() == ["active", "invited"])
            let (bob, now) = (try bot.bot.tenants.named("bob").row.id, bot.clock.timestamp)
            try await bot.store.addIdentity(of: bob, channel: .telegram, external: "7", at: now)
            #expect(try await states() == ["active", "active"])
            let shown = try JSON.decode(
                TenantInfo.self,
                from: try await bot.admin("GET", "/admin/tenants/bob").bytes
            )
            #expect(shown.identities?.map(\.channel) == ["telegram"])
            #expect(shown.identities?.map(\.person) == ["7"])
            #expect(shown.passkeys?.isEmpty == true && shown.keys?.count == 1)
        }
    }

    @Loop @Test func `a person has a name in any script, and can be renamed`() async throws {
        try await withBot { bot in
            let body = #"{"name":"li","display":"李小龙"}"#
            #expect(try await bot.admin("POST", "/admin/tenants", body).status == 200)
            let listed = try await bot.admin("GET", "/admin/tenants").bytes
            let names = try JSON.decode(TenantList.self, from: listed).tenants.map(\.display)
            #expect(names == [nil, "李小龙"])
            let path = "/admin/tenants/ann"
            let named = try await bot.admin("PATCH", path, #"{"display":"Анна Müller"}"#)
            #expect(named.object?.string("display") == "Анна Müller")
            let me = try await bot.ask("GET", "/terminal/me", as: .key(bot.key))
            #expect(me.object?.string("name") == "Анна Müller")
            #expect(me.object?.string("tenant") == "ann")
            let bad = ["\"\"", "\"  \"", "\"a\\nb\"", "\"\\u001b[31m\"", "7"]
            for text in bad + ["\"\(String(repeating: "é", count: 65))\""] {
                let answer = try await bot.admin("PATCH", path, "{\"display\":\(text)}")
                #expect(answer.status == 400, "\(text)")
            }
            let added = try await bot.admin("POST", "/admin/tenants", #"{"name":"b","display":""}"#)
            #expect(added.status == 400)
            #expect(try await bot.admin("GET", "/admin/tenants/b").status == 404)
            _ = try await bot.admin("PATCH", path, #"{"display":null}"#)
            let again = try await bot.ask("GET", "/terminal/me", as: .key(bot.key))
            #expect(again.object?.string("name") == "ann")
        }
    }

    @Loop @Test func `a tenant is shown with its keys, logins and all that it has used`()
        async throws
    {
        try await withBot { bot in
            let body = #"{"model":"fake/plain","messages":[{"role":"user","content":"hi"}]}"#
            #expect(try await bot.chat(body).status == 200)
            await bot.bot.meter.drain()
            _ = try await bot.login(bot.ann)
            let shown = try await bot.admin("GET", "/admin/tenants/ann")
            let info = try JSON.decode(TenantInfo.self, from: shown.bytes)
            #expect(
                info.keys?.count == 1 && info.keys.map { bot.key.hasPrefix($0[0].hint) } == true
            )
            #expect(info.logins?.count == 1)
            let used = try #require(info.used)
            #expect(used["requests_per_day"] == "1" && used["images_per_day"] == "0")
            let spent = used["spend_per_month"].flatMap { Money($0) } ?? .zero
            #expect(spent > .zero)
            #expect(Set(used.keys) == Set(info.quotas.keys))
            let quota = try await bot.admin("GET", "/admin/quotas/ann")
            #expect(try JSON.decode(QuotaReport.self, from: quota.bytes).used == used)
        }
    }

    @Loop @Test func `usage has a sum for each tenant and one for all`() async throws {
        try await withBot { bot in
            let body = #"{"model":"fake/plain","messages":[{"role":"user","content":"hi"}]}"#
            for _ in 0..<2 {
                #expect(try await bot.chat(body).status == 200)
                await bot.bot.meter.drain()
                bot.clock.advance(by: .seconds(86_400))
            }
            let bytes = try await bot.admin("GET", "/admin/usage?days=5").bytes
            let report = try JSON.decode(UsageReport.self, from: bytes)
            #expect(report.usage.map(\.requests) == [1, 1])
            #expect(report.tenants.map(\.tenant) == ["ann"] && report.tenants[0].dayMs == nil)
            let total = try #require(report.total)
            #expect(total.requests == 2 && total.tenant == "total")
            #expect(total.micros == report.usage.map(\.micros).reduce(0, +) && total.micros > 0)
            let month = try await bot.admin("GET", "/admin/usage?month=1").bytes
            let start = bot.clock.month.start.milliseconds
            let days = try JSON.decode(UsageReport.self, from: month).usage
            #expect(days.allSatisfy { ($0.dayMs ?? 0) >= start })
            #expect(days.count == report.usage.count { ($0.dayMs ?? 0) >= start })
        }
    }

    @Loop @Test func `bad requests are refused with words`() async throws {
        try await withBot { bot in
            let bad: [(String, String, String, Int)] = [
                ("POST", "/admin/tenants", "{", 400), ("POST", "/admin/tenants", "{}", 400),
                ("POST", "/admin/tenants", #"{"name":"Bob"}"#, 400),
                ("POST", "/admin/tenants", #"{"name":"ann"}"#, 409),
                ("POST", "/admin/tenants/ann/dance", "", 400),
                ("POST", "/admin/tenants/eve/link", "", 404),
                ("PATCH", "/admin/quotas/ann", #"{"requests":"5"}"#, 400),
                ("PATCH", "/admin/quotas/ann", #"{"requests_per_day":"-1"}"#, 400),
                ("PATCH", "/admin/quotas/ann", #"{"memory":"lots"}"#, 400),
                ("GET", "/admin/usage?days=0", "", 400), ("GET", "/admin/usage?days=x", "", 400),
                ("PUT", "/admin/tenants", "", 405), ("GET", "/admin", "", 404),
                ("POST", "/admin/tenants", String(repeating: " ", count: 70_000), 413),
            ]
            for (method, path, body, status) in bad {
                let answer = try await bot.admin(method, path, body)
                #expect(answer.status == status, "\(method) \(path) \(body.prefix(40))")
                #expect(answer.error?.string("message")?.isEmpty == false)
            }
        }
    }

    @Loop @Test func `quotas are set, shown and taken back`() async throws {
        try await withBot { bot in
            let changed = try await bot.admin(
                "PATCH",
                "/admin/quotas/ann",
                #"{"requests_per_day":"5","memory":"2MiB"}"#
            )
            #expect(changed.object?.object("quotas")?.string("requests_per_day") == "5")
            #expect(changed.object?.elements("own")?.count == 2)
            let lease = try? bot.ann.account.lease(.mebibytes(3), for: .requestBody)
            let isRefused = lease == nil
            #expect(isRefused)
            let reset = try await bot.admin(
                "PATCH",
                "/admin/quotas/ann",
                #"{"requests_per_day":null}"#
            )
            #expect(reset.object?.object("quotas")?.string("requests_per_day") == "200")
            #expect(reset.object?.elements("own")?.count == 1)
            let now = bot.clock.timestamp
            #expect(reset.object?.integer("resets_ms") == Int(now.endOfDay.milliseconds))
        }
    }

    @Loop @Test func `usage names who used what, removed tenants by number`() async throws {
        try await withBot { bot in
            let body = #"{"model":"fake/plain","messages":[{"role":"user","content":"hi"}]}"#
            #expect(try await bot.chat(body).status == 200)
            await bot.bot.meter.drain()
            let usage = try await bot.admin("GET", "/admin/usage?days=7")
            #expect(usage.text.contains(#""tenant":"ann""#))
            #expect(usage.text.contains(#""requests":1"#))
            _ = try await bot.admin("DELETE", "/admin/tenants/ann")
            let later = try await bot.admin("GET", "/admin/usage")
            #expect(later.text.contains("(removed "))
        }
    }

    @Loop @Test func `a local process talks as any tenant`() async throws {
        try await withBot { bot in
            let ann = [("x-berth-tenant", "ann")]
            let made = try await bot.admin("POST", "/terminal/sessions", "{}", ann)
            #expect(made.status == 201)
            #expect(try await bot.admin("POST", "/terminal/sessions", "{}").status == 401)
            let eve = [("x-berth-tenant", "eve")]
            #expect(try await bot.admin("POST", "/terminal/sessions", "{}", eve).status == 404)
        }
    }

    // MARK: Watching

    @Loop @Test func `health and readiness tell the truth, and no paths`() async throws {
        try await withBot { bot in
            #expect(try await bot.ask("GET", "/healthz").text == "ok\n")
            #expect(try await bot.ask("GET", "/readyz").status == 200)
            await bot.store.close()
            let answer = try await bot.ask("GET", "/readyz")
            #expect(answer.status == 503)
            #expect(!answer.text.contains(bot.files.path))
            #expect(try await bot.ask("GET", "/healthz").status == 200)
            let chat = try await bot.chat(
                #"{"model":"berth","messages":[{"role":"user","content":"hi"}]}"#
            )
            #expect(chat.status == 503 && !chat.text.contains(bot.files.path))
        }
    }

    @Loop @Test
    func `a part that does not work is named, and one that stands still ends the process`()
        async throws
    {
        try await withBot { bot in
            let part = Part()
            bot.bot.faults.watch { part.fault }
            bot.bot.faults.watchProgress { part.stuck }
            part.fault = "a messenger is away"
            let ready = try await bot.ask("GET", "/readyz")
            #expect(ready.status == 200)
            #expect(ready.text == "ready\ndegraded: a messenger is away\n")
            #expect(try await bot.ask("GET", "/healthz").status == 200)
            part.stuck = "it has stood still"
            let alive = try await bot.ask("GET", "/healthz")
            #expect(alive.status == 503 && alive.text == "stuck: it has stood still\n")
            (part.fault, part.stuck) = (nil, nil)
            #expect(try await bot.ask("GET", "/healthz").text == "ok\n")
            #expect(try await bot.ask("GET", "/readyz").text == "ready\n")
        }
    }

    @Loop @Test func `metrics are Prometheus text and count what happened`() async throws {
        try await withBot { bot in
            let body = #"{"model":"fake/plain","messages":[{"role":"user","content":"hi"}]}"#
            _ = try await bot.chat(body)
            _ = try await bot.chat("{")
            await bot.keeper.look()
            await bot.bot.meter.drain()
            let verbs = bot.store.counts
            let answer = try await bot.ask("GET", "/metrics")
            #expect(answer.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
            let samples = try Exposition(answer.text).samples
            #expect(samples[#"berth_api_calls_total{outcome="done"}"#] == 1)
            #expect(samples[#"berth_tokens_total{direction="output"}"#] == 5)
            #expect(samples[#"berth_http_requests_total{status="4xx"}"#] == 1)
            #expect((samples["process_resident_memory_bytes"] ?? 0) > 1_000_000)
            #expect((samples["berth_open_connections"] ?? 0) >= 1)
            #expect(verbs.reads > 0 && verbs.writes > 0)
            #expect(samples["berth_database_reads_total"] == Double(verbs.reads))
            #expect(samples["berth_database_writes_total"] == Double(verbs.writes))
            #expect(samples["berth_turn_seconds_count"] == 0)
        }
    }
}

/// A part of a service with faults.
@Loop private final class Part {
    var fault: String?
    var stuck: String?
}
