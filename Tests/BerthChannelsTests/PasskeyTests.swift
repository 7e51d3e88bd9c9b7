import BerthBot
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthStore
import BerthTestKit
import BerthText
import Testing

@Suite(.loop, .timeLimit(.minutes(20))) struct PasskeyTests {
    private static let origin = "https://chat.example.org"
    private static let fields = [("origin", origin)]

    private struct Options: Decodable {
        let challenge: String
    }

    private struct List: Decodable {
        let passkeys: [Entry]

        struct Entry: Decodable {
            let id: Int
            let name: String
        }
    }

    private static var setup: Setup { Setup { $0.name(origin) } }

    @Loop private func challenge(
        _ bot: BotFixture,
        _ path: String,
        as caller: BotFixture.Caller = .nobody
    ) async throws -> String {
        let answer = try await bot.ask("POST", path, "{}", as: caller, Self.fields)
        #expect(answer.status == 200)
        return try JSON.decode(Options.self, from: answer.bytes).challenge
    }

    /// Registers the authenticator's passkey.
    @Loop private func register(
        _ device: SoftAuthenticator,
        _ bot: BotFixture,
        as caller: BotFixture.Caller,
        challenge given: String? = nil
    ) async throws -> Answer {
        var given = given ?? ""
        if given.isEmpty {
            given = try await challenge(bot, "/web/passkeys/challenge", as: caller)
        }
        let body = """
            {"name":"Mein Schlüssel",\
            "client":"\(device.client("webauthn.create", given).base64url)",\
            "attestation":"\(device.attestation.base64url)"}
            """
        return try await bot.ask("POST", "/web/passkeys", body, as: caller, Self.fields)
    }

    /// Logs in with the authenticator's passkey.
    @Loop private func logIn(
        _ device: SoftAuthenticator,
        _ bot: BotFixture,
        challenge given: String? = nil,
        _ fields: [(String, String)] = PasskeyTests.fields
    ) async throws -> Answer {
        var given = given ?? ""
        if given.isEmpty { given = try await challenge(bot, "/login/passkey/challenge") }
        let words = device.assertion(given)
        let body = """
            {"credential":"\(device.credential.base64url)","client":"\(words.client.base64url)",\
            "authenticator":"\(words.authenticator.base64url)",\
            "signature":"\(words.signature.base64url)"}
            """
        return try await bot.ask("POST", "/login/passkey", body, as: .nobody, fields)
    }

    @Loop @Test func `a passkey logs its person in, and is listed, named and deleted`() async throws
    {
        try await withBot(Self.setup) { bot in
            let ann = try await bot.login(bot.ann)
            let device = try #require(SoftAuthenticator(origin: Self.origin))
            #expect(try await register(device, bot, as: ann).status == 201)
            let answer = try await logIn(device, bot)
            #expect(answer.status == 204)
            let second = BotFixture.Caller.cookie(try #require(bot.cookie(of: answer)))
            #expect(try await bot.ask("GET", "/web/me", as: second).text.contains(#""ann""#))

            var list = try await bot.ask("GET", "/web/passkeys", as: ann)
            let entry = try #require(try JSON.decode(List.self, from: list.bytes).passkeys.first)
            #expect(entry.name == "Mein Schlüssel" && list.text.contains("used_ms"))
            let path = "/web/passkeys/\(entry.id)"
            let name = #"{"name":"钥匙"}"#
            #expect(try await bot.ask("PATCH", path, name, as: ann, Self.fields).status == 204)
            list = try await bot.ask("GET", "/web/passkeys", as: ann)
            #expect(list.text.contains("钥匙"))
            #expect(try await bot.ask("DELETE", path, "", as: ann, Self.fields).status == 204)
            #expect(try await logIn(device, bot).status == 403)
            #expect(try await bot.ask("DELETE", path, "", as: ann, Self.fields).status == 400)
        }
    }

    @Loop @Test func `a challenge works once, within two minutes, for its purpose`() async throws {
        try await withBot(Self.setup) { bot in
            let ann = try await bot.login(bot.ann)
            let device = try #require(SoftAuthenticator(origin: Self.origin))
            let first = try await challenge(bot, "/web/passkeys/challenge", as: ann)
            let login = try await challenge(bot, "/login/passkey/challenge")
            #expect(try await register(device, bot, as: ann, challenge: login).status == 400)
            let bob = try await bot.login(try await bot.bot.tenants.add("bob").0)
            #expect(try await register(device, bot, as: bob, challenge: first).status == 400)
            #expect(try await register(device, bot, as: ann, challenge: first).status == 201)
            #expect(try await register(device, bot, as: ann, challenge: first).status == 400)

            #expect(try await logIn(device, bot, challenge: first).status == 403)
            #expect(try await logIn(device, bot, challenge: "AAAA").status == 403)
            #expect(try await logIn(device, bot, challenge: login).status == 204)
            #expect(try await logIn(device, bot, challenge: login).status == 403)
            let late = try await challenge(bot, "/login/passkey/challenge")
            bot.clock.advance(by: .seconds(120))
            #expect(try await logIn(device, bot, challenge: late).status == 403)
        }
    }

    @Loop @Test func `a count that does not grow is refused, because the key was copied`()
        async throws
    {
        try await withBot(Self.setup) { bot in
            let ann = try await bot.login(bot.ann)
            var device = try #require(SoftAuthenticator(origin: Self.origin))
            device.count = 5
            #expect(try await register(device, bot, as: ann).status == 201)
            for (count, status) in [(5, 403), (6, 204), (6, 403), (0, 403), (7, 204)] {
                device.count = UInt32(count)
                #expect(try await logIn(device, bot).status == status, "\(count)")
            }
        }
    }

    @Loop @Test func `a passkey stops with its person, and an unknown one never works`()
        async throws
    {
        try await withBot(Self.setup) { bot in
            let ann = try await bot.login(bot.ann)
            let device = try #require(SoftAuthenticator(origin: Self.origin))
            let other = try #require(SoftAuthenticator(origin: Self.origin, seed: 2))
            #expect(try await register(device, bot, as: ann).status == 201)
            #expect(try await register(device, bot, as: ann).text.contains("saved already"))
            #expect(try await logIn(other, bot).status == 403)
            #expect(
                try await logIn(device, bot, [("origin", "https://evil.example")]).status == 403
            )
            try await bot.bot.tenants.set(.suspended, of: bot.ann)
            #expect(try await logIn(device, bot).status == 403)
            try await bot.bot.tenants.set(.active, of: bot.ann)
            #expect(try await logIn(device, bot).status == 204)
            try await bot.bot.tenants.set(.removed, of: bot.ann)
            #expect(try await logIn(device, bot).status == 403)
            #expect(try await bot.store.passkey(credential: device.credential) == nil)
        }
    }

    @Loop @Test func `a person touches no other's passkey, and has at most thirty-two`()
        async throws
    {
        try await withBot(Self.setup) { bot in
            let ann = try await bot.login(bot.ann)
            let bob = try await bot.login(try await bot.bot.tenants.add("bob").0)
            for seed in 1...UInt8(Database.passkeysAtMost) {
                let device = try #require(SoftAuthenticator(origin: Self.origin, seed: seed))
                #expect(try await register(device, bot, as: ann).status == 201)
            }
            let last = try #require(SoftAuthenticator(origin: Self.origin, seed: 99))
            let refused = try await register(last, bot, as: ann)
            #expect(refused.status == 400 && refused.text.contains("32 passkeys"))
            let list = try await bot.ask("GET", "/web/passkeys", as: ann)
            let entry = try #require(try JSON.decode(List.self, from: list.bytes).passkeys.first)
            let path = "/web/passkeys/\(entry.id)"
            #expect(try await bot.ask("DELETE", path, "", as: bob, Self.fields).status == 400)
            let name = #"{"name":"mine"}"#
            #expect(try await bot.ask("PATCH", path, name, as: bob, Self.fields).status == 400)
        }
    }

    @Loop
    @Test(arguments: ["", "{}", "x", #"{"credential":1}"#, String(repeating: "a", count: 9000)])
    func `bad words are refused in words`(body: String) async throws {
        try await withBot(Self.setup) { bot in
            let ann = try await bot.login(bot.ann)
            for (path, caller) in [
                ("/login/passkey", .nobody), ("/web/passkeys", ann), ("/web/passkeys/1", ann),
            ] as [(String, BotFixture.Caller)] {
                let method = path.hasSuffix("1") ? "PATCH" : "POST"
                let answer = try await bot.ask(method, path, body, as: caller, Self.fields)
                #expect([400, 413].contains(answer.status) && answer.text.contains("message"))
            }
        }
    }

    @Loop @Test func `a page at an address is told that passkeys need a name`() async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let answer = try await bot.ask("POST", "/web/passkeys/challenge", "{}", as: ann)
            #expect(answer.status == 400 && answer.text.contains("https://chat.example.org"))
        }
    }
}
