import BerthBot
import BerthConfig
import BerthFiles
import BerthHTTP
import BerthImage
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// Pictures that come with a message on the web page, and the models that see them.
@Suite(.loop, .timeLimit(.minutes(20))) struct MessagePictureTests {
    /// A service whose first model `hand/m` sees pictures, and whose second does not.
    private static let seeing = Setup { $0.chatModels[0].vision = true }

    /// A drawn picture as a PNG.
    private static func png(_ width: Int = 200, _ height: Int = 100) throws -> [UInt8] {
        let sink = PictureBytes()
        try DemoPicture(prompt: "\(width)", width: width, height: height).write(to: sink)
        return sink.all
    }

    /// A conversation on the web page.
    @Loop private final class Chat {
        let bot: BotFixture
        let caller: BotFixture.Caller
        let session: String

        init(_ bot: BotFixture, _ tenant: LiveTenant? = nil) async throws {
            self.bot = bot
            caller = try await bot.login(tenant ?? bot.ann)
            session = try await bot.bot.conversations.create(tenant ?? bot.ann, .web).id
        }

        /// Uploads a file and returns its id.
        func upload(_ bytes: [UInt8], _ kind: String = "image/png") async throws -> String {
            let made = try await Answer(
                bot.send("POST", "/web/files", bytes, as: caller, [("content-type", kind)])
            )
            return try #require(made.object?.string("id"), "\(made.text)")
        }

        func send(_ text: String, _ files: [String]) async throws -> HTTPClientResponse {
            let ids = files.map { "\"\($0)\"" }.joined(separator: ",")
            let body =
                Array(#"{"text":"#.utf8) + JSON.quote(text) + Array(#","files":[\#(ids)]}"#.utf8)
            return try await bot.send("POST", "/web/sessions/\(session)/turns", body, as: caller)
        }

        /// Sends a message and returns the words of its refusal.
        func refusal(_ text: String, _ files: [String]) async throws -> (Int, String, String) {
            let answer = try await Answer(send(text, files))
            let error = answer.error
            return (
                answer.status, error?.string("code") ?? "", error?.string("message") ?? answer.text
            )
        }

        /// Sends a message that `hand` answers, and returns the call and the events.
        @discardableResult
        func exchange(
            _ text: String,
            _ files: [String] = []
        ) async throws -> (call: HandCall, events: [SSEEvent]) {
            let reader = try await EventReader(send(text, files))
            let call = try await bot.hand.call()
            call.say("It is blue.")
            call.finish()
            return (call, try await reader.rest())
        }

        /// The turns of the conversation as JSON.
        func turns() async throws -> [JSONObject] {
            let page = try await bot.ask("GET", "/web/sessions/\(session)/turns", as: caller)
            let object = try #require(page.object)
            return (object.elements("turns") ?? []).compactMap { object.object(at: $0) }
        }
    }

    @Loop @Test func `a picture is seen by the model and shown with its message`() async throws {
        try await withPictures(Self.seeing) { bot in
            let chat = try await Chat(bot)
            let id = try await chat.upload(Self.png())
            let (call, events) = try await chat.exchange("What colour is it?", [id])
            let content = call.contents.last ?? []
            #expect(content.map { $0.string("type") } == ["image_url", "text"])
            #expect(content.last?.string("text") == "What colour is it?")
            let url = content.first?.object("image_url")?.string("url") ?? ""
            // The first bytes of a JPEG.
            #expect(url.hasPrefix("data:image/jpeg;base64,/9j/"))
            let begun = try #require(events.first?.object)
            for turn in [begun, try #require(try await chat.turns().first)] {
                let input = try #require(turn.objects("inputs").first)
                #expect(input.string("id") == id && input.string("url") == "/files/\(id)")
                #expect(input.integer("width") == 200 && input.integer("height") == 100)
                #expect(input.string("kind") == "image/png" && !input.has("thumbnail"))
            }
        }
    }

    @Loop @Test func `the next messages repeat the last pictures`() async throws {
        try await withPictures(Self.seeing) { bot in
            let chat = try await Chat(bot)
            let (first, second) = (
                try await chat.upload(Self.png()), try await chat.upload(Self.png(90, 90))
            )
            try await chat.exchange("One", [first])
            let next = try await chat.exchange("And what shape?").call
            #expect(next.contents.map { $0.count { $0.has("image_url") } } == [1, 0, 0])
            let other = try await chat.exchange("Two", [second]).call
            #expect(other.contents.last?.count == 2)
            #expect(other.messages.first == "user: [picture] One")
            let last = try await chat.exchange("Which?").call
            #expect(last.messages.first == "user: [picture] One")
            #expect(last.contents[4].map { $0.string("text") ?? "" } == ["", "Two"])
        }
    }

    @Loop @Test func `a deleted picture is not repeated, and its turn says that it is deleted`()
        async throws
    {
        try await withPictures(Self.seeing) { bot in
            let chat = try await Chat(bot)
            let id = try await chat.upload(Self.png())
            try await chat.exchange("One", [id])
            let answer = try await bot.ask("DELETE", "/web/files/\(id)", as: chat.caller)
            #expect(answer.status == 204)
            let next = try await chat.exchange("Two").call
            #expect(next.messages.first == "user: One")
            let input = try #require(try await chat.turns().first?.objects("inputs").first)
            #expect(!input.has("url") && input.integer("width") == 200)
        }
    }

    @Loop @Test func `a large picture has a thumbnail, which is deleted with it`() async throws {
        try await withPictures(Self.seeing) { bot in
            let chat = try await Chat(bot)
            let id = try await chat.upload(Self.png(3000, 2000))
            let (call, events) = try await chat.exchange("", [id])
            #expect(call.contents.last?.map { $0.string("type") } == ["image_url"])
            let input = try #require(events.first?.object?.objects("inputs").first)
            let path = try #require(input.string("thumbnail"))
            let small = try await bot.ask("GET", path, as: chat.caller)
            #expect(small.headers["content-type"] == "image/jpeg" && small.bytes.count < 100_000)
            _ = try await bot.ask("DELETE", "/web/files/\(id)", as: chat.caller)
            #expect(try await bot.ask("GET", path, as: chat.caller).status == 404)
            #expect(bot.bot.files.accounts.use(of: bot.ann.row.id).files == 0)
        }
    }

    @Loop @Test func `the first model that sees is asked, and one that does not refuses in words`()
        async throws
    {
        let setup = Setup { settings in
            settings.chatModels = settings.chatModels.filter { ["m", "echo"].contains($0.model) }
            settings.chatModels.reverse()
            settings.chatModels[1].vision = true
        }
        try await withPictures(setup) { bot in
            let chat = try await Chat(bot)
            let id = try await chat.upload(Self.png())
            let (_, events) = try await chat.exchange("What is it?", [id])
            #expect(events.last?.object?.string("state") == "done")
            _ = try await chat.send("/model fake/echo", [])
            let (status, code, words) = try await chat.refusal("And now?", [id])
            #expect(status == 400 && code == "no_vision")
            #expect(words.contains("fake/echo does not see pictures"))
            #expect(words.contains("hand/m"))
            #expect(try await chat.turns().count == 1)
        }
        try await withBot { bot in
            let chat = try await Chat(bot)
            let words = try await chat.refusal("What is it?", [chat.upload(Self.png())]).2
            #expect(words.hasPrefix("no model here sees pictures"))
        }
    }

    @Loop @Test func `a model that does not see reads of earlier pictures`() async throws {
        try await withPictures(Self.seeing) { bot in
            let chat = try await Chat(bot)
            try await chat.exchange("What is it?", [chat.upload(Self.png())])
            _ = try await chat.send("/model fake/echo-request", [])
            let reader = try await EventReader(chat.send("And now?", []))
            let text = try await reader.rest().compactMap { $0.object?.string("text") }.joined()
            #expect(text.contains("[picture] What is it?") && !text.contains("base64"))
        }
    }

    @Loop
    @Test(arguments: [
        ("<html><body>hi</body></html>", "this is a web page"),
        ("%PDF-1.7 xxxxxxxxxxxxx", "this is"),
        ("\u{89}PNG\r\n\u{1A}\nxxxxxxxxxxxxxxxxxxxx", "this is"),
        ("GIF89a", "the GIF picture is damaged"),
    ])
    func `a file that is no picture is refused in words`(text: String, words: String) async throws {
        try await withPictures(Self.seeing) { bot in
            let chat = try await Chat(bot)
            let files = [
                try await chat.upload(Self.png()), try await chat.upload(Array(text.utf8)),
            ]
            let (status, code, refusal) = try await chat.refusal("What is it?", files)
            #expect(status == 400 && code == "bad_picture")
            #expect(refusal.hasPrefix("picture 2: \(words)"), "\(refusal)")
            #expect(try await chat.turns().isEmpty && bot.hand.received == 0)
        }
    }

    @Loop @Test func `files that do not fit a message are refused, and nothing is written`()
        async throws
    {
        try await withPictures(Self.seeing) { bot in
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let (chat, other) = (try await Chat(bot), try await Chat(bot, bob))
            let (own, foreign) = (
                try await chat.upload(Self.png()), try await other.upload(Self.png())
            )
            #expect(try await chat.refusal("x", [foreign]).0 == 404)
            #expect(try await chat.refusal("x", ["none"]).0 == 404)
            let many = try await chat.refusal("x", Array(repeating: own, count: 9))
            #expect(many.0 == 400 && many.2.contains("9 pictures, and 8 are allowed"))
            for text in ["/help", "/translate de hello", "/image a ship", "/new"] {
                let refusal = try await chat.refusal(text, [own])
                #expect(refusal.0 == 400 && refusal.2.hasPrefix("a command takes no pictures"))
            }
            #expect(try await chat.refusal("", []).0 == 400)
            #expect(try await chat.turns().isEmpty && bot.hand.received == 0)
        }
    }

    @Loop @Test func `pictures that fill the window or the tenant's memory are refused in words`()
        async throws
    {
        try await withPictures(Self.seeing) { bot in
            let chat = try await Chat(bot)
            let id = try await chat.upload(Self.png())
            // The window has 8,192 tokens, of which 1,000 are the answer's.
            let (status, _, words) = try await chat.refusal("x", Array(repeating: id, count: 5))
            #expect(status == 400 && words.contains("at most 4 pictures"))
        }
        let small = Setup {
            $0.chatModels[0].vision = true
            $0.quotas.memory = .mebibytes(3)
        }
        try await withPictures(small) { bot in
            let chat = try await Chat(bot)
            let (status, code, _) = try await chat.refusal("x", [chat.upload(Self.png())])
            #expect((status, code) == (413, "memory_quota"))
            #expect(bot.ann.account.held < .kibibytes(64))
        }
    }

    @Loop @Test func `a picture counts in the reservation, not its bytes`() async throws {
        try await withPictures(Self.seeing) { bot in
            let chat = try await Chat(bot)
            let id = try await chat.upload(Self.png(1500, 1500))
            let reader = try await EventReader(chat.send("What is it?", [id]))
            let call = try await bot.hand.call()
            let tokens = bot.bot.meter.usage(bot.ann).tokens
            #expect((2600...2800).contains(tokens), "1,000 of them are the answer's")
            call.say("blue")
            call.finish()
            _ = try await reader.rest()
        }
    }

    @Loop @Test func `a stopped question is asked again with its pictures`() async throws {
        try await withPictures(Self.seeing) { bot in
            let chat = try await Chat(bot)
            let reader = try await EventReader(chat.send("Which?", [chat.upload(Self.png())]))
            let id = try #require(try await reader.next()?.object?.string("id"))
            let call = try await bot.hand.call()
            _ = try await bot.ask("POST", "/web/turns/\(id)/stop", as: chat.caller)
            try await call.gone()
            _ = try await reader.rest()
            let again = try await EventReader(
                bot.send("POST", "/web/turns/\(id)/again", as: chat.caller)
            )
            let second = try await bot.hand.call()
            #expect(second.contents.last?.first?.has("image_url") == true)
            second.say("blue")
            second.finish()
            #expect(try await again.rest().first?.object?.objects("inputs").count == 1)
        }
    }
}

/// Runs a test with a service, and lets the time pass after which libvips is a measured part of it.
@Loop private func withPictures(
    _ setup: Setup = Setup(),
    _ test: @Loop (BotFixture) async throws -> Void
) async throws {
    try await withBot(setup) { bot in
        try await test(bot)
        bot.clock.advance(by: .seconds(10))
    }
}

extension HandCall {
    /// The parts of each message's content, one of a text alone.
    fileprivate var contents: [[JSONObject]] {
        (object.elements("messages") ?? []).compactMap { object.object(at: $0) }.map {
            $0.objects("content")
        }
    }

    /// The contents of the messages that are texts, each after its role.
    var messages: [String] {
        (object.elements("messages") ?? []).compactMap { object.object(at: $0) }.map {
            "\($0.string("role") ?? "?"): \($0.string("content") ?? "?")"
        }
    }
}

extension JSONObject {
    /// The objects of a list, none if it is no list.
    fileprivate func objects(_ name: String) -> [JSONObject] {
        (elements(name) ?? []).compactMap { object(at: $0) }
    }
}
