import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthTestKit
import BerthText
import Testing

@Suite(.loop, .timeLimit(.minutes(20))) struct WebSiteTests {
    @Loop @Test func `the page and its files are guarded by their header`() async throws {
        try await withBot { bot in
            for path in ["/", "/web/chat.css", "/web/chat.js", "/web/icon.svg", "/login"] {
                let answer = try await bot.ask("GET", path)
                #expect(answer.status == 200, "\(path)")
                let policy = try #require(answer.headers["content-security-policy"])
                #expect(policy.contains("default-src 'none'") && !policy.contains("unsafe"))
                #expect(policy.contains("frame-ancestors 'none'"))
                #expect(answer.headers["referrer-policy"] == "no-referrer")
                #expect(answer.headers["x-content-type-options"] == "nosniff")
                #expect(answer.headers["access-control-allow-origin"] == nil)
                #expect(answer.headers["x-request-id"] != nil)
            }
        }
    }

    @Loop @Test func `the page's own scripts are small, and come without their comments`()
        async throws
    {
        try await withBot { bot in
            let page = try await bot.ask("GET", "/").text
            let names = page.split(separator: "/web/").dropFirst()
                .compactMap { $0.split(separator: "\"").first }.filter { $0.hasSuffix(".js") }
            #expect(names.count > 10)
            var size = 0
            for name in Set(names) {
                let script = try await bot.ask("GET", "/web/\(name)").text
                size += script.utf8.count
                let lines = script.split(separator: "\n", omittingEmptySubsequences: false)
                #expect(!lines.contains { $0.hasPrefix("//") || $0.hasPrefix("/**") }, "\(name)")
            }
            #expect(size > 40 << 10 && size < 90 << 10, "\(size)")
        }
    }

    // MARK: Login

    @Loop @Test func `looking at a link burns nothing, its button works once`() async throws {
        try await withBot { bot in
            let token = try bot.token(of: try await bot.bot.access.link(for: bot.ann))
            for method in ["GET", "HEAD", "GET"] {
                let page = try await bot.ask(method, "/login?token=\(token)")
                #expect(page.status == 200)
                #expect(page.headers["set-cookie"] == nil)
                #expect(page.headers["cache-control"] == "no-store")
                #expect(method == "HEAD" || page.text.contains(#"value="\#(token)""#))
            }
            let answer = try await bot.login(token: token)
            #expect(answer.status == 303 && answer.headers["location"] == "/")
            let field = try #require(answer.headers["set-cookie"])
            for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=7776000"] {
                #expect(field.contains(part))
            }
            #expect(!field.contains("Secure"))
            let again = try await bot.login(token: token)
            #expect(again.status == 403 && again.headers["set-cookie"] == nil)
        }
    }

    @Loop @Test func `with https the cookie is for https alone`() async throws {
        let url = "https://berth.example"
        try await withBot(Setup { $0.name(url) }) { bot in
            let link = try await bot.bot.access.link(for: bot.ann)
            #expect(link.hasPrefix("https://berth.example/login?token="))
            let answer = try await bot.login(token: try bot.token(of: link))
            #expect(answer.headers["set-cookie"]?.contains("; Secure") == true)
        }
    }

    @Loop @Test func `an expired link is refused`() async throws {
        try await withBot { bot in
            let token = try bot.token(of: try await bot.bot.access.link(for: bot.ann))
            bot.clock.advance(by: .seconds(86_400))
            #expect(try await bot.login(token: token).status == 403)
        }
    }

    @Loop @Test func `ten tries a minute are an address's share`() async throws {
        try await withBot { bot in
            for _ in 0..<10 { #expect(try await bot.login(token: "wrong").status == 403) }
            let token = try bot.token(of: try await bot.bot.access.link(for: bot.ann))
            #expect(try await bot.login(token: token).status == 429)
            bot.clock.advance(by: .seconds(61))
            #expect(try await bot.login(token: token).status == 303)
        }
    }

    @Loop
    @Test(arguments: ["", "null", "http://evil.example", "http://127.0.0.1", "http://127.0.0.1:1"])
    func `a login from another page is refused and burns nothing`(origin: String) async throws {
        try await withBot { bot in
            let token = try bot.token(of: try await bot.bot.access.link(for: bot.ann))
            #expect(try await bot.login(token: token, [("origin", origin)]).status == 403)
            #expect(try await bot.login(token: token).status == 303)
        }
    }

    @Loop
    @Test(arguments: [
        #""><script>alert(1)</script>"#, "\"\u{301} autofocus onfocus=x ", "'\u{301}><b\u{301}",
        "\u{3C}\u{338}b", "&\u{301}quot;", "{{message}}", String(repeating: "a", count: 1500),
    ])
    func `nothing of a token gets out of its quotes`(token: String) async throws {
        try await withBot { bot in
            let encoded = token.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            let page = try await bot.ask("GET", "/login?token=\(encoded.joined())")
            #expect(page.status == 200)
            let marks = page.bytes.filter { Array("\"'<>".utf8).contains($0) }.count
            let plain = try await bot.ask("GET", "/login?token=a")
            #expect(marks == plain.bytes.filter { Array("\"'<>".utf8).contains($0) }.count)
        }
    }

    @Loop @Test func `a form that is too large is refused`() async throws {
        try await withBot { bot in
            let answer = try await bot.login(token: String(repeating: "a", count: 5000))
            #expect(answer.status == 413)
        }
    }

    @Loop @Test func `logging out ends the login, from the page itself alone`() async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let foreign = [("origin", "http://evil.example")]
            #expect(try await bot.ask("POST", "/logout", "", as: ann, foreign).status == 403)
            #expect(try await bot.ask("GET", "/web/me", as: ann).status == 200)
            let answer = try await bot.ask("POST", "/logout", "", as: ann)
            #expect(answer.status == 204)
            #expect(answer.headers["set-cookie"]?.contains("Max-Age=0") == true)
            #expect(try await bot.ask("GET", "/web/me", as: ann).status == 401)
        }
    }

    // MARK: Host and Origin

    @Loop
    @Test(arguments: [
        ("localhost", 200), ("LOCALHOST:1", 200), ("127.0.0.1:8080", 200), ("[::1]:8080", 200),
        ("berth.example", 200), ("berth.example:443", 200), ("evil.example", 421),
        ("berth.example.evil", 421), ("127.0.0.1.evil", 421), ("localhost.", 421), ("[::2]", 421),
    ])
    func `another host's name is 421`(host: String, status: Int) async throws {
        try await withBot(Setup { $0.name("https://berth.example") }) { bot in
            let client = try RawClient(port: bot.server.port)
            let answer = try await client.ask("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            #expect(answer.status == status)
            #expect(answer.header("x-request-id") != nil)
            client.close()
        }
    }

    @Loop
    @Test(arguments: [
        ("10.0.0.12:8080", "url: http://10.0.0.12:8080</pre>"),
        ("Berth:8080", "url: http://berth:8080</pre>"), ("[fd00::2]:80", "url: http://[fd00::2]<"),
        ("a\"><b>.example", "url: http://192.168.1.5:8080</pre>"),
        ("a b", "url: http://192.168.1.5:8080</pre>"),
        (String(repeating: "a", count: 3000), "url: http://192.168.1.5:8080</pre>"),
    ])
    func `a browser at another host's name is told what the operator has to do`(
        host: String,
        line: String
    ) async throws {
        try await withBot(Setup { $0.name("https://berth.example") }) { bot in
            let client = try RawClient(port: bot.server.port)
            let answer = try await client.ask(
                "GET / HTTP/1.1\r\nHost: \(host)\r\nAccept: text/html,*/*;q=0.8\r\n\r\n"
            )
            let page = String(decoding: answer.body, as: UTF8.self)
            #expect(answer.status == 421 && page.contains(line))
            #expect(answer.header("content-type")?.hasPrefix("text/html") == true)
            #expect(answer.header("content-security-policy")?.contains("'none'") == true)
            #expect(!page.contains("berth.example") && !page.contains("<b>.example"))
            #expect(answer.body.count < 4096)
            client.close()
        }
    }

    @Loop @Test func `a program at another host's name is answered if its key is valid`()
        async throws
    {
        try await withBot(Setup { $0.name("https://berth.example") }) { bot in
            let client = try RawClient(port: bot.server.port)
            func ask(_ path: String, _ key: String) async throws -> (Int, String) {
                let answer = try await client.ask(
                    "GET \(path) HTTP/1.1\r\nHost: berth:8080\r\n"
                        + "Authorization: Bearer \(key)\r\n\r\n"
                )
                return (answer.status, String(decoding: answer.body, as: UTF8.self))
            }
            for path in ["/v1/models", "/terminal/me"] {
                #expect(try await ask(path, bot.key).0 == 200)
                let refused = try await ask(path, "berth-wrong")
                #expect(refused.0 == 421 && refused.1.contains("wrong_host"))
                #expect(refused.1.contains("can add http://berth:8080 to 'url'"))
            }
            #expect(try await ask("/web/me", bot.key).0 == 401, "a key is no cookie")
            client.close()
        }
    }

    @Loop @Test func `each address has its own kind of cookie`() async throws {
        let setup = Setup {
            $0.name("https://berth.example")
            $0.otherURLs = [WebURL("http://192.168.1.5:8080")].compactMap(\.self)
        }
        try await withBot(setup) { bot in
            for (origin, isSecure) in [
                ("https://berth.example", true), ("http://192.168.1.5:8080", false),
            ] {
                let link = try await bot.bot.access.link(for: bot.ann)
                let token = try bot.token(of: link)
                let answer = try await bot.ask(
                    "POST",
                    "/login",
                    "token=\(token)",
                    [("origin", origin)]
                )
                #expect(answer.status == 303)
                #expect(answer.headers["set-cookie"]?.contains("; Secure") == isSecure)
            }
        }
    }

    @Loop @Test func `a used link leads a browser that is logged in to the chat`() async throws {
        try await withBot { bot in
            let link = try await bot.bot.access.link(for: bot.ann)
            let token = try bot.token(of: link)
            let first = try await bot.login(token: token)
            #expect(first.status == 303)
            #expect(try await bot.login(token: token).status == 403)
            let cookie = first.headers["set-cookie"]?.prefix { $0 != ";" } ?? ""
            let again = try await bot.ask(
                "POST",
                "/login",
                "token=\(token)",
                [("cookie", String(cookie)), ("origin", "\(bot.configuration.url)")]
            )
            #expect(again.status == 303 && again.headers["location"] == "/")
            #expect(again.headers["set-cookie"] == nil)
        }
    }

    @Loop @Test(arguments: ["/healthz", "/readyz", "/metrics"], ["10.0.0.12:8080", "berth:8080"])
    func `probes answer under any host's name`(path: String, host: String) async throws {
        try await withBot(Setup { $0.name("https://berth.example") }) { bot in
            let client = try RawClient(port: bot.server.port)
            let answer = try await client.ask("GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            #expect(answer.status == 200)
            client.close()
        }
    }

    @Loop @Test func `what changes state by cookie must come from the page`() async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            for origin in [
                "", "null", "http://evil.example", "http://localhost:\(bot.server.port)",
            ] {
                let answer = try await bot.ask(
                    "POST",
                    "/web/sessions",
                    "{}",
                    as: ann,
                    [("origin", origin)]
                )
                #expect(answer.status == 403, "\(origin)")
                #expect(answer.error?.string("code") == "foreign_origin")
            }
            #expect(try await bot.ask("POST", "/web/sessions", "{}", as: ann).status == 201)
            #expect(try await bot.bot.conversations.list(bot.ann, .web).sessions.count == 1)
        }
    }
}
