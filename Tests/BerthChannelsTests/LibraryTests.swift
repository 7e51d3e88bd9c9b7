import BerthBot
import BerthHTTP
import BerthImage
import BerthLoop
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// Conversations as a collection over HTTP: pages, search, export, deletions that are undone, links.
@Suite(.loop, .timeLimit(.minutes(20))) struct LibraryTests {
    /// A conversation of ``BotFixture/ann`` with answered messages.
    @Loop private func session(
        _ bot: BotFixture,
        _ exchanges: [(String, String)]
    ) async throws -> String {
        let id = try await bot.bot.conversations.create(bot.ann, .web).id
        for (text, answer) in exchanges {
            let turn = try await bot.bot.turns.begin(text, in: id, by: bot.ann)
            let call = try await bot.hand.call()
            call.say(answer)
            call.finish()
            _ = try await turn.end()
        }
        return id
    }

    /// The strings that a list's objects have by a name.
    private func names(_ answer: Answer, _ list: String, _ name: String) -> [String] {
        (answer.object?.objects(list) ?? []).map { $0.string(name) ?? "" }
    }

    @Loop @Test func `every conversation is listed by pages and opened by its name`() async throws {
        let many: Preparation = { store async throws(StoreError) in
            let now = Timestamp(milliseconds: 1_760_000_000_000)
            let tenant = try await store.addTenant(named: "many", at: now)
            for number in 0..<250 {
                let place = Place(channel: .web)
                let draft = SessionDraft(publicID: "s-\(number)", place: place, tenant: tenant.id)
                _ = try await store.openSession(draft, at: now + .seconds(number))
            }
        }
        try await withBot(prepare: many) { bot in
            let caller = try await bot.login(try bot.bot.tenants.named("many"))
            var (all, query, more) = ([String](), "", true)
            while more {
                let page = try await bot.ask("GET", "/web/sessions\(query)", as: caller)
                all += names(page, "sessions", "id")
                more = page.text.contains(#""more":true"#)
                query = "?before=\(all.last ?? "")"
            }
            #expect(all == (0..<250).reversed().map { "s-\($0)" })
            let first = try await bot.ask("GET", "/web/sessions/s-0", as: caller)
            #expect(first.status == 200 && first.object?.string("id") == "s-0")
            #expect(try await bot.ask("GET", "/web/sessions?before=x", as: caller).status == 404)
            let ann = try await bot.login(bot.ann)
            #expect(try await bot.ask("GET", "/web/sessions/s-0", as: ann).status == 404)
        }
    }

    @Loop @Test func `a search finds titles, messages and answers, and marks the words`()
        async throws
    {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let first = try await session(bot, [("Where do foxes live?", "In the wood.")])
            let second = try await session(bot, [("Говорит лиса?", "Лиса молчит: 狐狸不说话。")])
            func search(_ query: String) async throws -> [JSONObject] {
                let text = query.utf8.map { "%" + [$0].hex }.joined()
                let answer = try await bot.ask("GET", "/web/search?q=\(text)", as: ann)
                #expect(answer.status == 200)
                return answer.object?.objects("hits") ?? []
            }
            let foxes = try await search("FOX")
            // The title is the first message's beginning.
            #expect(foxes.map { $0.string("session") } == [first, first])
            #expect(foxes.map { $0.string("turn") == nil } == [true, false])
            let pieces = try #require(foxes.last).objects("excerpt")
            let marked = pieces.first { $0.string("text") == "fox" }
            #expect(marked != nil && pieces.count == 3)
            #expect(try await search("狐").map { $0.string("session") } == [second])
            #expect(try await search("ЛИСА молчит").map { $0.string("session") } == [second])
            for nothing in ["", "  ", "cat", "%", "*", "\"", "fox AND NOT", "'; --", "\u{0}"] {
                #expect(try await search(nothing).isEmpty, "\(nothing)")
            }
            let (other, _) = try await bot.bot.tenants.add("bob")
            let bob = try await bot.login(other)
            let foreign = try await bot.ask("GET", "/web/search?q=fox", as: bob)
            #expect(names(foreign, "hits", "session") == [])
            #expect(try await bot.ask("GET", "/web/search?q=fox").status == 401)
        }
    }

    @Loop @Test func `a search goes on where its page ended, and a newer one ends an older one`()
        async throws
    {
        let many: Preparation = { store async throws(StoreError) in
            let now = Timestamp(milliseconds: 1_760_000_000_000)
            let tenant = try await store.addTenant(named: "many", at: now)
            let draft = SessionDraft(
                publicID: "s",
                place: Place(channel: .web),
                tenant: tenant.id
            )
            guard let session = try await store.openSession(draft, at: now) else { return }
            let padding = String(repeating: "x", count: 500_000)
            for number in 0..<90 {
                var turn = TurnDraft(
                    publicID: "t-\(number)",
                    session: session.id,
                    tenant: tenant.id,
                    text: number < 30 ? "fox" : "cat"
                )
                turn.title = "A title"
                let id = try await store.acceptTurn(turn, at: now)
                let answer = number < 30 ? "" : padding
                let outcome = TurnOutcome(.done, answer: answer)
                _ = try await store.finishTurn(id, as: outcome, at: now)
            }
        }
        try await withBot(prepare: many) { bot in
            let tenant = try bot.bot.tenants.named("many")
            let talks = bot.bot.conversations
            var (all, next, pages) = ([String](), String?.none, 0)
            repeat {
                let page = try await talks.search("fox", before: next, for: tenant, on: .web)
                all += page.hits.compactMap(\.turn)
                next = page.next
                pages += 1
            } while next != nil
            // 30 MB of other answers come first.
            #expect(pages == 3 && all == (0..<30).reversed().map { "t-\($0)" })
            async let old = talks.search("fox", before: nil, for: tenant, on: .web)
            async let new = talks.search("cat", before: nil, for: tenant, on: .web)
            let (first, second) = try await (old, new)
            let ends = [first.next, second.next].compactMap { $0 }
            #expect(ends.count == 2 && Set(ends).count == 2)
        }
    }

    @Loop @Test func `an export has the whole conversation, in Markdown and in JSON`() async throws
    {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let exchanges = (0..<60).map { ("question \($0)", "answer *\($0)*") }
            let first = try await session(bot, exchanges)
            let second = try await session(bot, [("other", "thing")])
            try await bot.bot.conversations.change(
                second,
                JSON.decode(SessionChange.self, from: Array(#"{"archived":true}"#.utf8)),
                by: bot.ann
            )
            let text = try await bot.ask("GET", "/web/sessions/\(first)/export", as: ann)
            #expect(text.headers["content-type"]?.hasPrefix("text/markdown") == true)
            #expect(text.headers["content-disposition"]?.contains("berth.md") == true)
            #expect(
                text.text.hasPrefix("# question 0\n\n## You\n\nquestion 0\n\n## Answer\n\nanswer")
            )
            for number in 0..<60 { #expect(text.text.contains("answer *\(number)*\n")) }
            let path = "/web/sessions/\(first)/export?format=json"
            let json = try #require(try await bot.ask("GET", path, as: ann).object)
            #expect(json.string("title") == "question 0")
            #expect(json.objects("turns").map { $0.string("text") ?? "" } == exchanges.map(\.0))
            let all = try #require(
                try await bot.ask("GET", "/web/export?format=json", as: ann).object
            )
            let list = all.objects("conversations")
            #expect(list.map { $0.string("id") } == [first, second])
            #expect(list.map { $0.objects("turns").count } == [60, 1])
            let whole = try await bot.ask("GET", "/web/export?format=markdown", as: ann).text
            #expect(whole.contains("answer *59*") && whole.contains("# other\n"))
            let bad = try await bot.ask("GET", "/web/export?format=xml", as: ann)
            #expect(bad.status == 400)
            let (other, _) = try await bot.bot.tenants.add("bob")
            let bob = try await bot.login(other)
            #expect(try await bot.ask("GET", path, as: bob).status == 404)
            let none = try await bot.ask("GET", "/web/export?format=json", as: bob)
            #expect(none.object?.objects("conversations").isEmpty == true)
        }
    }

    @Loop @Test func `a deletion is undone for half a minute, and then it is one`() async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let session = try await session(bot, [("hello", "yes")])
            let path = "/web/sessions/\(session)"
            let removal = try await bot.ask("POST", "\(path)/removal", as: ann)
            #expect(removal.status == 202)
            let until = bot.clock.timestamp + Conversations.undoTime
            #expect(removal.object?.integer("until_ms") == Int(until.milliseconds))
            #expect(try await bot.ask("GET", "\(path)/turns", as: ann).status == 404)
            #expect(try await bot.ask("DELETE", "\(path)/removal", as: ann).status == 204)
            #expect(try await bot.ask("GET", "\(path)/turns", as: ann).text.contains("yes"))
            #expect(try await bot.ask("POST", "\(path)/removal", as: ann).status == 202)
            let (other, _) = try await bot.bot.tenants.add("bob")
            let bob = try await bot.login(other)
            #expect(try await bot.ask("DELETE", "\(path)/removal", as: bob).status == 404)
            bot.clock.advance(by: Conversations.undoTime)
            #expect(try await bot.ask("DELETE", "\(path)/removal", as: ann).status == 404)
            while try await bot.store.purge(at: bot.clock.timestamp) {}
            #expect(try await bot.store.session(publicID: session) == nil)
        }
    }

    @Loop @Test func `a removal ends the turn that is being answered`() async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let id = try await bot.bot.conversations.create(bot.ann, .web).id
            let turn = try await bot.bot.turns.begin("hello", in: id, by: bot.ann)
            let call = try await bot.hand.call()
            let removal = try await bot.ask("POST", "/web/sessions/\(id)/removal", as: ann)
            #expect(removal.status == 202)
            #expect(try await turn.end() == .stopped)
            try await call.gone()
        }
    }
}

extension JSONObject {
    /// The objects of a list.
    fileprivate func objects(_ name: String) -> [JSONObject] {
        (elements(name) ?? []).compactMap { object(at: $0) }
    }
}

extension LiveTurn {
    /// Waits for the end.
    func end() async throws -> TurnOutcome.End? {
        let reader = reader()
        while let event = try await reader.next() {
            if case .ended(let outcome) = event { return outcome.end }
        }
        return nil
    }
}
