import BerthBot
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

@testable import BerthChannels

@Suite(.loop, .timeLimit(.minutes(20))) struct AccountTests {
    private struct Invitation: Decodable {
        let code: String
        let url: String
        let qr: Drawing?

        struct Drawing: Decodable {
            let size: Int
            let path: String
        }
    }

    /// A code for a further device of ann.
    @Loop private func invite(
        _ bot: BotFixture,
        as ann: BotFixture.Caller
    ) async throws -> Invitation {
        let answer = try await bot.ask("POST", "/web/devices", "{}", as: ann)
        #expect(answer.status == 201)
        return try JSON.decode(Invitation.self, from: answer.bytes)
    }

    // MARK: A further device

    @Loop
    @Test(
        arguments: [
            { $0 }, { $0.lowercased() }, { $0.filter { $0 != "-" } }, { "+\($0)++" },
            { $0.map { "\($0)-" }.joined() },
            { $0.replacing("0", with: "o").replacing("1", with: "l") },
        ] as [@Sendable (String) -> String]
    )
    func `a code logs a further device in, once, however it is typed`(
        typed: @Sendable (String) -> String
    ) async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let code = try await invite(bot, as: ann).code
            #expect(code.utf8.count == 11)
            let answer = try await bot.login(token: typed(code))
            #expect(answer.status == 303)
            let second = BotFixture.Caller.cookie(try #require(bot.cookie(of: answer)))
            #expect(try await bot.ask("GET", "/web/me", as: second).text.contains(#""ann""#))
            let again = try await bot.login(token: typed(code))
            #expect(again.status == 403 && again.headers["set-cookie"] == nil)
            #expect(
                again.text.contains("This code is wrong") && again.text.contains(#"class="code""#)
            )
        }
    }

    @Loop @Test func `the link of a code is one, and has a QR code`() async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let made = try await invite(bot, as: ann)
            let drawing = try #require(made.qr, "libqrencode is installed")
            #expect(drawing.size >= 29 && drawing.size <= 65)
            // The three finder patterns begin in the first row after the border.
            #expect(drawing.path.hasPrefix("M4 4h7v1h-7z"))
            #expect(drawing.path.contains("M\(drawing.size - 11) 4h7v1h-7z"))
            #expect(try await bot.login(token: bot.token(of: made.url)).status == 303)
        }
    }

    @Loop @Test func `a code ends after two minutes`() async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let (first, second) = (try await invite(bot, as: ann), try await invite(bot, as: ann))
            bot.clock.advance(by: .seconds(119))
            #expect(try await bot.login(token: first.code).status == 303)
            bot.clock.advance(by: .seconds(1))
            #expect(try await bot.login(token: second.code).status == 403)
        }
    }

    @Loop @Test func `three codes a minute are a person's share, and the others keep theirs`()
        async throws
    {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            for _ in 0..<3 { _ = try await invite(bot, as: ann) }
            let answer = try await bot.ask("POST", "/web/devices", "{}", as: ann)
            #expect(answer.status == 429 && answer.text.contains("3 a minute"))
            let bob = try await bot.login(try await bot.bot.tenants.add("bob").0)
            #expect(try await bot.ask("POST", "/web/devices", "{}", as: bob).status == 201)
            bot.clock.advance(by: .seconds(20))
            _ = try await invite(bot, as: ann)
        }
    }

    @Loop @Test func `only a person's own page makes codes, and a suspended person gets none`()
        async throws
    {
        try await withBot { bot in
            #expect(try await bot.ask("POST", "/web/devices", "{}").status == 401)
            let ann = try await bot.login(bot.ann)
            let foreign = [("origin", "http://evil.example")]
            let answer = try await bot.ask("POST", "/web/devices", "{}", as: ann, foreign)
            #expect(answer.status == 403)
            let code = try await invite(bot, as: ann).code
            try await bot.bot.tenants.set(.suspended, of: bot.ann)
            #expect(try await bot.login(token: code).status == 403)
            #expect(try await bot.ask("POST", "/web/devices", "{}", as: ann).status == 403)
        }
    }

    @Test(arguments: [
        "", "ABCDE-FGHJ", "ABCDE-FGHJKM", "ABCDE-FGHJ!", "ABCDE-FGHJU", "ÄBCDE-FGHJK",
        "%41BCDEFGHJ", String(repeating: "-", count: 40) + "ABCDEFGHJK",
    ])
    func `a text that is no code is none`(text: String) {
        #expect(SignInCode.read(text) == nil)
    }

    // MARK: Logins

    @Loop @Test func `logins are listed with their browser, and another one is ended`() async throws
    {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let token = try bot.token(of: try await bot.bot.access.link(for: bot.ann))
            let agent = "Mozilla/5.0 (Android 14; Mobile; rv:121.0) Gecko/121.0 Firefox/121.0"
            let answer = try await bot.login(token: token, [("user-agent", agent)])
            let phone = BotFixture.Caller.cookie(try #require(bot.cookie(of: answer)))

            let text = try await bot.ask("GET", "/web/logins", as: ann)
            let logins = try JSON.decode(LoginList.self, from: text.bytes).logins
            #expect(logins.map(\.device) == ["", "Firefox on Android"])
            #expect(logins.map(\.isCurrent) == [true, false])

            let own = try await bot.ask("DELETE", "/web/logins/\(logins[0].login)", "", as: ann)
            #expect(own.status == 400 && own.text.contains("log out"))
            let path = "/web/logins/\(logins[1].login)"
            #expect(try await bot.ask("DELETE", path, "", as: ann).status == 204)
            #expect(try await bot.ask("GET", "/web/me", as: phone).status == 401)
            #expect(try await bot.ask("GET", "/web/me", as: ann).status == 200)
            let again = try await bot.ask("DELETE", path, "", as: ann)
            #expect(again.status == 400 && again.text.contains("no such login"))
        }
    }

    @Loop @Test func `a person sees and ends none of another's logins`() async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let bob = try await bot.login(try await bot.bot.tenants.add("bob").0)
            let text = try await bot.ask("GET", "/web/logins", as: ann)
            let own = try JSON.decode(LoginList.self, from: text.bytes).logins
            #expect(own.count == 1)
            let path = "/web/logins/\(own[0].login)"
            #expect(try await bot.ask("DELETE", path, "", as: bob).status == 400)
            #expect(try await bot.ask("GET", "/web/me", as: ann).status == 200)
        }
    }

    @Test(arguments: [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
                + "Chrome/120.0.0.0 Safari/537.36", "Chrome on Linux"
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                + "Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0", "Edge on Windows"
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
                + "like Gecko) Version/17.2 Mobile/15E148 Safari/604.1", "Safari on iPhone"
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:121.0) Firefox/121.0",
            "Firefox on macOS"
        ),
        ("curl/8.5.0", ""), ("", ""), (String(repeating: "x", count: 5000) + "Firefox/1", ""),
        ("<b>Firefox/1</b>", "Firefox"),
    ])
    func `a browser is recognised by its header, of which nothing is kept`(
        agent: String,
        name: String
    ) {
        #expect(BrowserName.of(agent) == name)
    }

    // MARK: The name

    @Loop @Test func `a person changes the own name, and takes it away again`() async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let body = #"{"name":"Анна Мария 安娜"}"#
            #expect(try await bot.ask("PATCH", "/web/me", body, as: ann).status == 204)
            #expect(try await bot.ask("GET", "/web/me", as: ann).text.contains("Анна Мария 安娜"))
            #expect(try await bot.ask("PATCH", "/web/me", #"{"name":""}"#, as: ann).status == 204)
            #expect(try await bot.ask("GET", "/web/me", as: ann).text.contains(#""name":"ann""#))
        }
    }

    @Loop
    @Test(arguments: [
        #"{"name":"   "}"#, #"{"name":"a\nb"}"#, #"{"name":"\u001b[31m"}"#,
        #"{"name":"\u202eabc"}"#,
        #"{"name":"\#(String(repeating: "ä", count: 65))"}"#, #"{"name":7}"#, "{}", "x", "",
    ])
    func `a bad name is refused in words`(body: String) async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let answer = try await bot.ask("PATCH", "/web/me", body, as: ann)
            #expect(answer.status == 400 && answer.text.contains("message"))
            let name = bot.ann.displayName
            #expect(name == "ann")
        }
    }
}
