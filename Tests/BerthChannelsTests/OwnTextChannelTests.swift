import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// A person's own texts over HTTP, and in the export.
@Suite(.loop, .timeLimit(.minutes(20))) struct OwnTextChannelTests {
    @Loop @Test func `instructions and prompts are written, listed and exported`() async throws {
        let setup = Setup { $0.outlines.titles = .model("hand/m") }
        try await withBot(setup) { bot in
            let ann = try await bot.login(bot.ann)
            let session = try await bot.bot.conversations.create(bot.ann, .web).id
            let empty = try await bot.ask("GET", "/web/own", as: ann)
            #expect(empty.object?.string("instructions") == "")
            #expect(empty.object?.object("models")?.string("titles") == "hand/m")
            let me = try await bot.ask("GET", "/web/me", as: ann)
            #expect(me.text.contains(#""titles":true"#))
            let path = "/web/sessions/\(session)/instructions"
            let change = #"{"instructions":"be brief","outlines":false}"#
            #expect(try await bot.ask("PATCH", "/web/own", change, as: ann).status == 204)
            #expect(
                try await bot.ask("PUT", path, #"{"text":"in \"verse\""}"#, as: ann).status == 204
            )
            let greet = try await bot.ask(
                "PUT",
                "/web/prompts/gr%C3%BC%C3%9Fe",
                #"{"text":"say hello"}"#,
                as: ann
            )
            #expect(greet.status == 204)
            let own = try await bot.ask("GET", "/web/own", as: ann)
            #expect(own.object?.string("instructions") == "be brief")
            #expect(own.object?.objects("prompts").first?.string("name") == "grüße")
            #expect(own.text.contains(#""outlines":false"#))
            #expect(
                try await bot.ask("GET", path, as: ann).object?.string("text") == #"in "verse""#
            )

            let json = try await bot.ask("GET", "/web/export?format=json", as: ann)
            #expect(json.object?.string("instructions") == "be brief")
            #expect(json.object?.object("prompts")?.string("grüße") == "say hello")
            let talks = json.object?.objects("conversations")
            #expect(talks?.first?.string("instructions") == #"in "verse""#)
            let markdown = try await bot.ask("GET", "/web/export?format=markdown", as: ann).text
            for words in ["be brief", #"in "verse""#, "# /grüße\n\nsay hello"] {
                #expect(markdown.contains(words))
            }
            #expect(
                try await bot.ask("DELETE", "/web/prompts/gr%C3%BC%C3%9Fe", as: ann).status == 204
            )
            #expect(
                try await bot.ask("GET", "/web/own", as: ann).object?.objects("prompts").count == 0
            )
        }
    }

    @Loop @Test func `wrong texts are answered in the reader's words`() async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let session = try await bot.bot.conversations.create(bob, .web).id
            let path = "/web/sessions/\(session)/instructions"
            #expect(try await bot.ask("GET", path, as: ann).status == 404)
            #expect(try await bot.ask("PUT", path, #"{"text":"x"}"#, as: ann).status == 404)
            let russian = [("accept-language", "ru")]
            let body = #"{"text":"x"}"#
            _ = try await bot.ask("GET", "/web/me", as: ann, russian)
            let bad = try await bot.ask("PUT", "/web/prompts/help", body, as: ann, russian)
            #expect(bad.status == 400 && bad.text.contains("имя заготовки"))
            let long = #"{"instructions":"\#(String(repeating: "x", count: 9_000))"}"#
            #expect(try await bot.ask("PATCH", "/web/own", long, as: ann).status == 400)
            #expect(try await bot.ask("PATCH", "/web/own", "[]", as: ann).status == 400)
            #expect(try await bot.ask("GET", "/web/own").status == 401)
            #expect(
                try await bot.ask("GET", "/web/own", as: ann).object?.string("instructions") == ""
            )
        }
    }
}

extension JSONObject {
    /// The objects of a list, none if it is no list.
    fileprivate func objects(_ name: String) -> [JSONObject] {
        (elements(name) ?? []).compactMap { object(at: $0) }
    }
}
