import BerthBot
import BerthConfig
import BerthHTTP
import BerthImage
import BerthLoop
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

@testable import BerthChannels

/// Conversations that anybody may read who has their link.
@Suite(.loop, .timeLimit(.minutes(20))) struct SharedSiteTests {
    /// A conversation of ``BotFixture/ann`` with one answered message and a picture.
    @Loop private func session(_ bot: BotFixture, _ caller: BotFixture.Caller) async throws -> (
        id: String, file: String
    ) {
        let sink = PictureBytes()
        try DemoPicture(prompt: "a", width: 200, height: 100).write(to: sink)
        let type = [("content-type", "image/png")]
        let made = try await Answer(bot.send("POST", "/web/files", sink.all, as: caller, type))
        let file = try #require(made.object?.string("id"))
        let id = try await bot.bot.conversations.create(bot.ann, .web).id
        try await exchange(bot, id, "my question", "my answer", [file])
        return (id, file)
    }

    @Loop private func exchange(
        _ bot: BotFixture,
        _ session: String,
        _ text: String,
        _ answer: String,
        _ files: [String] = []
    ) async throws {
        let turns = bot.bot.turns
        let turn = try await turns.begin(
            text,
            with: files,
            in: session,
            by: bot.ann,
            request: "-",
            memory: nil
        )
        let call = try await bot.hand.call()
        call.say(answer)
        call.finish()
        _ = try await turn.end()
    }

    /// Shares a conversation and returns the path of its link.
    @Loop private func share(
        _ bot: BotFixture,
        _ session: String,
        _ caller: BotFixture.Caller
    ) async throws -> String {
        let answer = try await bot.ask("PUT", "/web/sessions/\(session)/share", as: caller)
        #expect(answer.status == 200)
        let url = try #require(answer.object?.string("url"))
        let start = try #require(Array(url.utf8).offset(of: "/shared/"))
        return String(decoding: Array(url.utf8)[start...], as: UTF8.self)
    }

    private static let seeing = Setup { $0.chatModels[0].vision = true }

    @Loop @Test func `a stranger reads a shared conversation and its pictures, and nothing else`()
        async throws
    {
        try await withBot(Self.seeing) { bot in
            let ann = try await bot.login(bot.ann)
            let (id, file) = try await session(bot, ann)
            let path = try await share(bot, id, ann)
            // 128 bits in base64url.
            #expect(path.utf8.count == "/shared/".utf8.count + 22)
            let page = try await bot.ask("GET", path)
            #expect(page.status == 200 && page.text.contains("noindex"))
            #expect(page.headers["x-robots-tag"] == "noindex, nofollow")
            #expect(page.headers["set-cookie"] == nil)
            #expect(page.headers["content-security-policy"]?.contains("default-src 'none'") == true)
            let turns = try await bot.ask("GET", "\(path)/turns")
            #expect(turns.headers["x-robots-tag"] == "noindex, nofollow")
            for word in ["my question", "my answer", "\(path)/files/\(file)"] {
                #expect(turns.text.contains(word))
            }
            for word in ["ann", "tokens", "hand", #""model"#, "cost"] {
                let isAbsent = !turns.text.contains("\"\(word)")
                #expect(isAbsent, "\(word)")
            }
            let picture = try await bot.ask("GET", "\(path)/files/\(file)")
            #expect(picture.status == 200 && picture.headers["content-type"] == "image/png")
            // Another picture of the same person is not part of the conversation.
            let type = [("content-type", "image/png")]
            let other = try await Answer(
                bot.send("POST", "/web/files", [1, 2, 3], as: ann, type)
            )
            let foreign = try #require(other.object?.string("id"))
            #expect(try await bot.ask("GET", "\(path)/files/\(foreign)").status == 404)
            #expect(try await bot.ask("GET", "/files/\(file)").status == 401)
            #expect(try await bot.ask("POST", "\(path)/turns", "{}").status == 405)
            // The thread of pictures ends after a while without work.
            bot.clock.advance(by: .seconds(10))
        }
    }

    @Loop @Test func `later messages are not shared until the person adds them`() async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let id = try await bot.bot.conversations.create(bot.ann, .web).id
            try await exchange(bot, id, "first", "one")
            let path = try await share(bot, id, ann)
            try await exchange(bot, id, "second", "two")
            #expect(try await !bot.ask("GET", "\(path)/turns").text.contains("second"))
            #expect(try await share(bot, id, ann) == path)
            #expect(try await bot.ask("GET", "\(path)/turns").text.contains("second"))
        }
    }

    @Loop @Test func `a long shared conversation is read in pages`() async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let id = try await bot.bot.conversations.create(bot.ann, .web).id
            for number in 0..<60 { try await exchange(bot, id, "q-\(number)", "a") }
            let path = try await share(bot, id, ann)
            var (seen, query, pages) = (0, "", 0)
            while true {
                let page = try #require(try await bot.ask("GET", "\(path)/turns\(query)").object)
                seen += page.elements("turns")?.count ?? 0
                pages += 1
                guard let next = page.string("next") else { break }
                query = "?after=\(next)"
            }
            #expect(seen == 60 && pages == 2)
            let other = try await bot.bot.conversations.create(bot.ann, .web).id
            try await exchange(bot, other, "private", "a")
            let turns = try await bot.bot.conversations.turns(
                of: other,
                before: nil,
                for: bot.ann
            )
            let foreign = try #require(turns.turns.first?.id)
            #expect(try await bot.ask("GET", "\(path)/turns?after=\(foreign)").status == 404)
        }
    }

    /// The ways in which a link ends.
    enum End: CaseIterable { case byPerson, removal, deletion, suspension, removedTenant }

    @Loop @Test(arguments: End.allCases)
    func `a link ends with the person's wish, its conversation and its tenant`(
        end: End
    ) async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let id = try await bot.bot.conversations.create(bot.ann, .web).id
            try await exchange(bot, id, "first", "one")
            let path = try await share(bot, id, ann)
            let list = try await bot.ask("GET", "/web/shares", as: ann)
            #expect(list.text.contains(path) && list.text.contains("first"))
            switch end {
            case .byPerson:
                let answer = try await bot.ask("DELETE", "/web/sessions/\(id)/share", as: ann)
                #expect(answer.status == 204)
                let rest = try await bot.ask("GET", "/web/shares", as: ann)
                #expect(rest.text == #"{"shares":[]}"#)
            case .removal: _ = try await bot.bot.remove(id, by: bot.ann)
            case .deletion: try await bot.bot.delete(id, by: bot.ann)
            case .suspension: try await bot.bot.set(.suspended, of: bot.ann)
            case .removedTenant: try await bot.bot.set(.removed, of: bot.ann)
            }
            let page = try await bot.ask("GET", path)
            #expect(page.status == 404 && page.text.contains("shared.js"))
            let turns = try await bot.ask("GET", "\(path)/turns")
            #expect(turns.status == 404 && !turns.text.contains("first"))
        }
    }

    @Loop @Test func `names cannot be guessed, and an address reads at a bounded rate`()
        async throws
    {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let id = try await bot.bot.conversations.create(bot.ann, .web).id
            let path = try await share(bot, id, ann)
            for _ in 0..<SharedSite.mostVisits {
                #expect(try await bot.ask("GET", "\(path)/turns").status == 200)
            }
            let more = try await bot.ask("GET", "\(path)/turns")
            #expect(more.status == 429 && more.headers["retry-after"] == "60")
            bot.clock.advance(by: .seconds(60))
            for number in 0..<SharedSite.mostGuesses {
                #expect(try await bot.ask("GET", "/shared/x\(number)").status == 404)
            }
            #expect(try await bot.ask("GET", path).status == 429)
            bot.clock.advance(by: .seconds(60))
            #expect(try await bot.ask("GET", path).status == 200)
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let other = try await bot.login(bob)
            for method in ["PUT", "DELETE"] {
                let answer = try await bot.ask(method, "/web/sessions/\(id)/share", as: other)
                #expect(answer.status == 404)
            }
            #expect(try await bot.ask("GET", "/web/shares", as: other).text == #"{"shares":[]}"#)
        }
    }
}
