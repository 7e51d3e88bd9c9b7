import BerthAdmin
import BerthBot
import BerthConfig
import BerthFiles
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Glibc
import Testing

/// Files over HTTP: upload, list, links, ranges, caching, deletion.
@Suite(.loop, .timeLimit(.minutes(20))) struct FileSiteTests {
    private static let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 7) }

    @Loop private func upload(
        _ bot: BotFixture,
        _ bytes: [UInt8] = content,
        _ kind: String = "image/png",
        as caller: BotFixture.Caller
    ) async throws -> Answer {
        try await Answer(
            bot.send("POST", "/web/files", bytes, as: caller, [("content-type", kind)])
        )
    }

    @Loop private func path(_ answer: Answer) throws -> String {
        try #require(answer.object?.string("path"))
    }

    @Loop private func temporaries(_ bot: BotFixture) -> Int {
        guard let folder = unsafe opendir(bot.files.path(of: "files/tmp")) else { return -1 }
        defer { unsafe closedir(folder) }
        var count = 0
        while unsafe readdir(folder) != nil { count += 1 }
        return count - 2  // "." and ".."
    }

    @Loop @Test func `an upload is listed, sent back as it was, and deleted`() async throws {
        try await withBot { bot in
            let caller = try await bot.login(bot.ann)
            let made = try await upload(bot, as: caller)
            #expect(made.status == 201 && made.object?.integer("bytes") == 100_000)
            #expect(made.object?.string("kind") == "image/png")
            let list = try await bot.ask("GET", "/web/files", as: caller)
            #expect(list.object?.integer("count") == 1 && list.object?.integer("bytes") == 100_000)
            let file = try await bot.ask("GET", path(made), as: caller)
            #expect(file.status == 200 && file.bytes == Self.content)
            #expect(file.headers["content-length"] == "100000")
            #expect(file.headers["content-type"] == "image/png")
            #expect(file.headers["x-content-type-options"] == "nosniff")
            #expect(file.headers["cache-control"]?.hasPrefix("private") == true)
            #expect(file.headers["content-disposition"]?.hasPrefix("inline") == true)
            #expect(file.headers["content-security-policy"]?.contains("sandbox") == true)
            let id = try #require(made.object?.string("id"))
            #expect(try await bot.ask("DELETE", "/web/files/\(id)", as: caller).status == 204)
            #expect(try await bot.ask("DELETE", "/web/files/\(id)", as: caller).status == 404)
            #expect(try await bot.ask("GET", path(made), as: caller).status == 404)
            #expect(temporaries(bot) == 0)
        }
    }

    @Loop @Test func `an upload may be larger than other bodies, up to the largest picture`()
        async throws
    {
        try await withBot { bot in
            let caller = try await bot.login(bot.ann)
            let large = Array(repeating: UInt8(7), count: 6 << 20)
            #expect(try await upload(bot, large, as: caller).object?.integer("bytes") == 6 << 20)
            let other = try await bot.send("POST", "/web/sessions", large, as: caller)
            #expect(other.status == 413)
            let huge = Array(repeating: UInt8(7), count: (32 << 20) + 1)
            #expect(try await upload(bot, huge, as: caller).status == 413)
            #expect(temporaries(bot) == 0)
        }
    }

    @Loop @Test func `while memory is short pictures are refused in words, other files are not`()
        async throws
    {
        try await withBot(Setup { $0.memory.limit = .mebibytes(100) }) { bot in
            let caller = try await bot.login(bot.ann)
            for (resident, status) in [(87, 201), (88, 503), (83, 503), (20, 201)] {
                bot.kernel.hold(.mebibytes(resident))
                for _ in 0..<9 { await bot.keeper.look() }
                let answer = try await upload(bot, [1, UInt8(resident)], as: caller)
                #expect(answer.status == status, "\(resident)")
                if status == 503 {
                    #expect(answer.error?.string("code") == "memory_pressure")
                    #expect(answer.error?.string("message")?.contains("send text only") == true)
                    #expect(answer.headers["retry-after"] != nil)
                }
                let text = try await upload(bot, [2, UInt8(resident)], "text/plain", as: caller)
                #expect(text.status == 201)
            }
            #expect(temporaries(bot) == 0)
        }
    }

    @Loop @Test func `a file is its owner's alone`() async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let made = try await upload(bot, as: ann)
            let (other, _) = try await bot.bot.tenants.add("bob")
            let bob = try await bot.login(other)
            let path = try path(made)
            #expect(try await bot.ask("GET", path, as: bob).status == 404)
            #expect(try await bot.ask("GET", path).status == 401)
            #expect(try await bot.ask("GET", "/files/none").status == 401)
            let terminal = try await bot.ask("GET", "/terminal/files", as: .key(bot.key))
            #expect(terminal.status == 404, "a key cannot read files, so it has no list")
            let id = try #require(made.object?.string("id"))
            #expect(try await bot.ask("DELETE", "/web/files/\(id)", as: bob).status == 404)
            #expect(try await bot.ask("GET", path, as: ann).status == 200)
        }
    }

    @Loop @Test func `a signed link needs no login, and ends`() async throws {
        try await withBot { bot in
            let made = try await upload(bot, as: bot.login(bot.ann))
            let id = try #require(made.object?.string("id"))
            let row = try #require(try await bot.store.file(id))
            let now = bot.clock.timestamp
            let link = bot.bot.files.links.link(to: row, at: now, for: .seconds(60))
            let path = "/files/" + (link.split(separator: "/files/").last ?? "")
            let file = try await bot.ask("GET", path)
            #expect(file.status == 200 && file.bytes == Self.content)
            let changed = try await bot.ask("GET", path + "A")
            #expect(changed.status == 403)
            #expect(changed.error?.string("code") == "invalid_link")
            bot.clock.advance(by: .seconds(60))
            let late = try await bot.ask("GET", path)
            #expect(late.status == 403 && late.error?.string("code") == "link_expired")
            let next = bot.bot.files.links.link(to: row, at: bot.clock.timestamp)
            try await bot.bot.files.delete(row)
            let tail = next.split(separator: "/files/").last.map { "/files/\($0)" } ?? ""
            #expect(try await bot.ask("GET", tail).status == 404)
        }
    }

    @Loop @Test func `ranges, conditions and HEAD`() async throws {
        try await withBot { bot in
            let caller = try await bot.login(bot.ann)
            let path = try path(try await upload(bot, as: caller))
            func ask(_ method: String, _ fields: (String, String)...) async throws -> Answer {
                try await bot.ask(method, path, as: caller, fields)
            }
            let part = try await ask("GET", ("range", "bytes=99990-"))
            #expect(part.status == 206 && part.bytes == Array(Self.content[99_990...]))
            #expect(part.headers["content-range"] == "bytes 99990-99999/100000")
            let middle = try await ask("GET", ("range", "bytes=30000-70000"))
            #expect(middle.bytes == Array(Self.content[30_000...70_000]))
            let beyond = try await ask("GET", ("range", "bytes=100000-"))
            #expect(beyond.status == 416 && beyond.headers["content-range"] == "bytes */100000")
            let several = try await ask("GET", ("range", "bytes=0-1,5-6"))
            #expect(several.status == 200 && several.bytes.count == 100_000)
            let head = try await ask("HEAD")
            #expect(head.status == 200 && head.headers["content-length"] == "100000")
            let tag = try #require(head.headers["etag"])
            for condition in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
                let same = try await ask("GET", ("if-none-match", condition))
                #expect(same.status == 304 && same.bytes.isEmpty, "\(condition)")
            }
            #expect(try await ask("GET", ("if-none-match", "\"x\"")).status == 200)
            let stale = try await ask("GET", ("range", "bytes=0-1"), ("if-range", "\"x\""))
            #expect(stale.status == 200)
        }
    }

    @Loop @Test(arguments: ["text/html", "image/svg+xml", "nonsense"])
    func `what could run a script is downloaded`(kind: String) async throws {
        try await withBot { bot in
            let caller = try await bot.login(bot.ann)
            let made = try await upload(bot, Array("<script>1</script>".utf8), kind, as: caller)
            let file = try await bot.ask("GET", path(made), as: caller)
            #expect(file.headers["content-disposition"]?.hasPrefix("attachment") == true)
            #expect(file.headers["x-content-type-options"] == "nosniff")
        }
    }

    @Loop @Test func `what cannot be stored is refused in words, and leaves nothing`()
        async throws
    {
        let setup = Setup {
            $0.quotas.disk = .kibibytes(100)
            $0.quotas.files = 2
        }
        try await withBot(setup) { bot in
            let caller = try await bot.login(bot.ann)
            let large = try await upload(bot, [UInt8](repeating: 1, count: 102_401), as: caller)
            #expect(large.status == 413 && large.error?.string("code") == "disk_quota")
            let empty = try await upload(bot, [], as: caller)
            #expect(empty.status == 400 && empty.error?.string("message") == "the file is empty")
            for seed in [1, 2] as [UInt8] {
                #expect(try await upload(bot, [seed], as: caller).status == 201)
            }
            let third = try await upload(bot, [3], as: caller)
            #expect(third.status == 413 && third.error?.string("code") == "file_quota")
            let coded = try await bot.send(
                "POST",
                "/web/files",
                [1],
                as: caller,
                [("content-encoding", "gzip")]
            )
            #expect(coded.status == 415)
            let foreign = try await bot.send(
                "POST",
                "/web/files",
                [1],
                as: caller,
                [("origin", "https://evil.example")]
            )
            #expect(foreign.status == 403)
            let use = bot.bot.files.accounts.use(of: bot.ann.row.id)
            #expect(temporaries(bot) == 0 && use.reserved == .zero && use.files == 2)
        }
    }

    @Loop @Test func `a client that leaves midway leaves nothing behind`() async throws {
        try await withBot { bot in
            guard case .cookie(let cookie) = try await bot.login(bot.ann) else { return }
            let origin = "http://127.0.0.1:\(bot.server.port)"
            let client = try RawClient(port: bot.server.port)
            try await client.send(
                "POST /web/files HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: \(origin)\r\n"
                    + "Cookie: berth_login=\(cookie)\r\nContent-Length: 200000\r\n\r\n"
            )
            try await client.send([UInt8](repeating: 1, count: 100_000))
            let files = bot.bot.files
            let hasBegun = await eventually { self.temporaries(bot) == 1 }
            #expect(hasBegun)
            client.reset()
            let isGone = await eventually {
                self.temporaries(bot) == 0 && files.accounts.reserved == .zero
            }
            #expect(isGone)
        }
    }

    @Loop @Test func `a content that disappears is 404 in words`() async throws {
        try await withBot { bot in
            let caller = try await bot.login(bot.ann)
            let made = try await upload(bot, as: caller)
            let id = try #require(made.object?.string("id"))
            let row = try #require(try await bot.store.file(id))
            unsafe unlink(bot.files.path(of: "files/\(row.tenant.value)/\(row.hash.hex)"))
            let gone = try await bot.ask("GET", path(made), as: caller)
            #expect(gone.status == 404)
            #expect(gone.error?.string("message")?.contains("no longer exists") == true)
            #expect(try await bot.store.file(id) == nil)
            #expect(try await upload(bot, as: caller).status == 201)
        }
    }

    @Loop @Test func `a tenant without memory is refused, and nothing stays leased`() async throws {
        try await withBot { bot in
            let caller = try await bot.login(bot.ann)
            let made = try await upload(bot, as: caller)
            let held = bot.ann.account.held
            _ = try await bot.ask("GET", path(made), as: caller)
            let settled = await eventually { bot.ann.account.held == held }
            #expect(settled)
            let all = try bot.ann.account.lease(
                bot.ann.quotas.memory - bot.ann.account.held - .kibibytes(32),
                for: .replyBuffer
            )
            let short = try await bot.ask("GET", path(made), as: caller)
            #expect(short.status == 429 || short.status == 413)
            let refused = try await upload(bot, [9], as: caller)
            #expect(refused.status == 429 || refused.status == 413)
            _ = consume all
        }
    }
}
