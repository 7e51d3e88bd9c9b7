import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthTestKit
import BerthText
import Testing

@testable import BerthSimulation

@Suite(.loop) struct FakeTelegramTests {
    typealias Entity = FakeTelegramRules.Entity

    @Test(
        arguments: [
            ("hi", [], nil), ("🙂 hi", [Entity(kind: "bold", offset: 3, length: 2)], nil),
            ("🙂 hi", [Entity(kind: "bold", offset: 1, length: 2)], "cuts a surrogate pair"),
            ("hi", [Entity(kind: "bold", offset: 1, length: 2)], "outside of the text"),
            ("hi", [Entity(kind: "bold", offset: -1, length: 2)], "outside of the text"),
            ("hi", [Entity(kind: "bold", offset: 0, length: 0)], "empty"),
            ("hi", [Entity(kind: "strong", offset: 0, length: 1)], "unknown"),
            ("a b", [Entity(kind: "bold", offset: 1, length: 1)], "only white space"),
            ("hi", [Entity(kind: "text_link", offset: 0, length: 1)], "no url"),
            (
                "abcd",
                [
                    Entity(kind: "bold", offset: 0, length: 3),
                    Entity(kind: "italic", offset: 1, length: 3),
                ], "overlaps a bold"
            ),
            (
                "abcd",
                [
                    Entity(kind: "pre", offset: 0, length: 4),
                    Entity(kind: "italic", offset: 1, length: 1),
                ], "within code"
            ),
            (
                "abcd",
                [
                    Entity(kind: "italic", offset: 1, length: 1),
                    Entity(kind: "bold", offset: 0, length: 4),
                ], "not sorted"
            ),
            (
                "abcd",
                [
                    Entity(kind: "bold", offset: 0, length: 4),
                    Entity(kind: "italic", offset: 0, length: 4),
                ], nil
            ),
        ] as [(String, [Entity], String?)]
    )
    func `formats are right or have a named fault`(
        _ text: String,
        _ entities: [Entity],
        _ fault: String?
    ) {
        let found = FakeTelegramRules.fault(text, entities)
        if let fault {
            #expect(found?.contains(fault) == true)
        } else {
            #expect(found == nil)
        }
    }

    @Loop @Test func `updates are kept until an offset confirms them`() async throws {
        try await served { fake, call in
            let ann = FakeTelegramPerson(id: 5)
            for number in 1...3 { fake.bot(42).bring("\(number)", in: 5, from: ann) }
            for _ in 0..<2 {
                let updates = try await call("getUpdates", #"{"limit":2}"#).ids
                #expect(updates == [900_001, 900_002])
            }
            let second = try await call("getUpdates", #"{"offset":900002}"#)
            #expect(second.ids == [900_002, 900_003])
            let first = try await call("getUpdates", #"{"offset":1}"#)
            #expect(first.ids == [900_002, 900_003])
            // An offset far beyond the last update is that of the first.
            let beyond = try await call("getUpdates", #"{"offset":999999}"#)
            #expect(beyond.ids.count == 2)
            let last = try await call("getUpdates", #"{"offset":-1}"#)
            #expect(last.ids == [900_003])
            let none = try await call("getUpdates", #"{"offset":900004}"#)
            #expect(none.ids.isEmpty)
        }
    }

    @Loop
    @Test(
        arguments: [
            ("sendMessage", #"{"text":"x"}"#, 400, "chat_id is empty"),
            ("sendMessage", "not json", 400, "chat_id is empty"),
            ("sendMessage", #"{"chat_id":5,"text":"  "}"#, 400, "message text is empty"),
            (
                "editMessageText", #"{"chat_id":5,"message_id":9,"text":"x"}"#, 400,
                "to edit not found"
            ),
            ("sendMessageDraft", #"{"chat_id":-5,"draft_id":1,"text":"x"}"#, 400, "private chats"),
            ("sendMessageDraft", #"{"chat_id":5,"draft_id":0,"text":"x"}"#, 400, "non-zero"),
            ("answerCallbackQuery", #"{"callback_query_id":"1"}"#, 400, "query is too old"),
            ("sendMediaGroup", #"{"chat_id":5,"media":[{"type":"photo"}]}"#, 400, "Wrong number"),
            ("sendPhoto", #"{"chat_id":5}"#, 400, "no photo in the request"),
            ("sendChatAction", #"{"chat_id":5,"action":"dance"}"#, 400, "wrong parameter action"),
            ("setMyCommands", #"{"commands":[{"command":"New"}]}"#, 400, "BOT_COMMAND_INVALID"),
            ("getFile", #"{"file_id":"x"}"#, 400, "invalid file_id"),
            ("sendDice", "{}", 404, "method not found"),
            (
                "sendMessage",
                #"{"chat_id":5,"text":"x","reply_markup":{"inline_keyboard":[[{"text":"a","#
                    + #""callback_data":"\#(String(repeating: "d", count: 65))"}]]}}"#, 400,
                "BUTTON_DATA_INVALID"
            ),
            (
                "sendMessage", #"{"chat_id":5,"text":"\#(String(repeating: "x", count: 4_097))"}"#,
                400, "message is too long"
            ),
        ] as [(String, String, Int, String)]
    )
    func `a wrong call is refused as Telegram refuses it`(
        _ method: String,
        _ body: String,
        _ status: Int,
        _ words: String
    ) async throws {
        try await served { fake, call in
            let answer = try await call(method, body)
            #expect(answer.status == status)
            #expect(answer.text.contains(words))
            let faults = fake.bot(42).faults
            #expect(status != 400 || faults.count == 1)
        }
    }

    @Loop @Test func `floods are refused, and penalties grow`() async throws {
        let clock = ManualClock()
        try await served(clock) { fake, call in
            let body = #"{"chat_id":5,"text":"x"}"#
            var waits: [Int] = []
            for _ in 0..<5 {
                let answer = try await call("sendMessage", body)
                #expect(answer.status == 200)
            }
            for _ in 0..<3 {
                let answer = try await call("sendMessage", body)
                waits.append(answer.retryAfter)
            }
            #expect(waits == [1, 2, 4])
            let floods = fake.bot(42).floods
            #expect(floods.refused == 3 && floods.early == 2)
            // Another chat goes on.
            let other = try await call("sendMessage", #"{"chat_id":6,"text":"x"}"#)
            #expect(other.status == 200)
            clock.advance(by: .seconds(5))
            let later = try await call("sendMessage", body)
            #expect(later.status == 200)
            let group = #"{"chat_id":-7,"text":"x"}"#
            var sent = 0
            for _ in 0..<30 {
                clock.advance(by: .seconds(1))
                if try await call("sendMessage", group).status == 200 { sent += 1 }
            }
            #expect(sent == 20)
        }
    }

    @Loop @Test func `a webhook gets each update with the secret until it confirms`()
        async throws
    {
        let network = InMemoryNetwork(in: .quiet())
        var (bodies, secrets, refusals) = ([String](), [String?](), 1)
        let listener = try network.bind(.tcp(host: "127.0.0.1", port: 8443), limits: .patient)
        let (stop, pool) = (Stop(), TaskPool())
        pool.spawn {
            try? await listener.serve(until: stop, refusal: { $0.text }) { request in
                secrets.append(request.headers["X-Telegram-Bot-Api-Secret-Token"])
                let bytes = (try? await request.body.collect(atMost: .kibibytes(64))) ?? []
                bodies.append(String(decoding: bytes, as: UTF8.self))
                refusals -= 1
                return HTTPResponse(status: refusals >= 0 ? 500 : 200)
            }
        }
        let fake = FakeTelegram(client: network, in: .quiet())
        try await served(fake, network) { fake, call in
            fake.bot(42).bring("waits", in: 5, from: FakeTelegramPerson(id: 5))
            let set = #"{"url":"http://127.0.0.1:8443/hook","secret_token":"s3"}"#
            let hooked = try await call("setWebhook", set)
            #expect(hooked.status == 200)
            #expect(await eventually { bodies.count == 2 })
            #expect(secrets == ["s3", "s3"])
            #expect(bodies[0] == bodies[1] && bodies[0].contains("waits"))
            let polled = try await call("getUpdates", "{}")
            #expect(polled.status == 409)
            let ended = try await call("deleteWebhook", "{}")
            #expect(ended.status == 200)
            let rest = try await call("getUpdates", "{}")
            #expect(rest.ids.isEmpty)
        }
        stop.request()
        pool.cancelAll()
        await pool.drain()
    }

    @Loop @Test func `tokens that are malformed, wrong or of no bot are refused`() async throws {
        try await served { _, call in
            for (token, status) in [("42", 401), ("42:wrong", 401), ("x:a", 421), ("042:a", 401)] {
                let answer = try await call("getMe", "{}", token)
                #expect(answer.status == status)
            }
        }
    }

    /// The status of a call that a fault strikes, 0 if its connection ends.
    private static let faults: [(FakeTelegram.FaultKind, Int, String)] = [
        (.dropAfter, 0, ""), (.dropBefore, 0, ""), (.cutPoll, 0, ""), (.gateway, 502, "<html>"),
        (.restart, 500, "restart"), (.slow, 200, "message_id"), (.conflict, 409, "getUpdates"),
        (.unauthorized, 401, "Unauthorized"), (.flood, 429, "retry_after"),
        (.garbage, 200, "<html>"), (.unknownMethod, 404, "not found"),
        (.badEntities, 400, "entities"), (.badPhoto, 400, "IMAGE_PROCESS_FAILED"),
    ]

    @Test func `every fault has its test`() {
        #expect(Set(Self.faults.map { $0.0 }) == Set(FakeTelegram.FaultKind.allCases))
    }

    @Loop @Test(arguments: faults)
    func `a fault strikes one call, and the next one is carried out`(
        _ kind: FakeTelegram.FaultKind,
        _ status: Int,
        _ words: String
    ) async throws {
        let clock = ManualClock()
        try await served(clock) { fake, call in
            let waits = kind == .cutPoll
            let (method, body) =
                waits
                ? ("getUpdates", #"{"timeout":20}"#)
                : (
                    "sendMessage",
                    #"{"chat_id":5,"text":"x","entities":[{"type":"bold","offset":0,"length":1}]}"#
                )
            fake.fail(kind, method)
            var (answer, isEnded) = (Answer?.none, false)
            let pool = TaskPool()
            pool.spawn {
                answer = try? await call(method, body)
                isEnded = true
            }
            await settle()
            #expect(isEnded == (kind != .slow && !waits))
            clock.advance(by: .seconds(3))
            await pool.drain()
            #expect(answer?.status ?? 0 == status && answer?.text.contains(words) ?? true)
            let bot = fake.bot(42)
            #expect(bot.sent.count == (kind == .dropAfter || kind == .slow ? 1 : 0))
            if waits { bot.bring("later", in: 5, from: FakeTelegramPerson(id: 5)) }
            let next = try await call(method, body)
            #expect(next.status == 200 && (!waits || next.ids.count == 1))
        }
    }

    @Loop @Test func `a chat is written to only while that is allowed`() async throws {
        try await served { fake, call in
            let bot = fake.bot(42)
            let body = #"{"chat_id":5,"text":"x"}"#
            bot.block(5, "Forbidden: bot was blocked by the user")
            let blocked = try await call("sendMessage", body)
            #expect(blocked.status == 403 && blocked.text.contains("blocked by the user"))
            bot.bring("hello", in: 5, from: FakeTelegramPerson(id: 5))
            let allowed = try await call("sendMessage", body)
            #expect(allowed.status == 200)
            bot.migrate(-7, to: -1007)
            let moved = try await call("sendMessage", #"{"chat_id":-7,"text":"x"}"#)
            #expect(moved.status == 400 && moved.text.contains(#""migrate_to_chat_id":-1007"#))
            bot.chats[-8] = FakeTelegramBot.Chat(goneTopics: [3])
            let gone = try await call(
                "sendMessage",
                #"{"chat_id":-8,"message_thread_id":3,"text":"x"}"#
            )
            #expect(gone.status == 400 && gone.text.contains("thread not found"))
        }
    }

    @Loop @Test func `the arguments of each form of a call can be read`() async throws {
        try await served { fake, call in
            for text in ["a", "b"] {
                _ = try await call("sendMessage", #"{"chat_id":5,"text":"\#(text)"}"#)
            }
            _ = try await call("getMe", "{}")
            let forms = fake.bot(42).forms
            #expect(
                forms == [
                    "sendMessage chat_id text": ["chat_id": "5", "text": "b"], "getMe ": [:],
                ]
            )
        }
    }

    // MARK: Support

    struct Answer {
        let status: Int
        let text: String
        let object: JSONObject?

        var ids: [Int] {
            (object?.elements("result") ?? []).compactMap {
                object?.object(at: $0)?.integer("update_id")
            }
        }

        var retryAfter: Int { object?.object("parameters")?.integer("retry_after") ?? 0 }
    }

    /// A call with a body, and with a token if it is not the usual one.
    struct Caller {
        let network: any HTTPSending

        @Loop func callAsFunction(
            _ method: String,
            _ body: String,
            _ token: String = "42:a"
        ) async throws -> Answer {
            let request = HTTPClientRequest(
                url: "http://127.0.0.1/bot\(token)/\(method)",
                headers: ["Content-Type": "application/json"],
                body: Array(body.utf8)
            )
            let response = try await network.send(request)
            let bytes = try await response.collect(atMost: .mebibytes(1))
            return Answer(
                status: response.status,
                text: String(decoding: bytes, as: UTF8.self),
                object: try? JSONObject(bytes)
            )
        }
    }

    @Loop private func served(
        _ clock: any Clock = SystemClock(),
        _ test: @Loop (FakeTelegram, Caller) async throws -> Void
    ) async throws {
        let network = InMemoryNetwork(in: .quiet(clock))
        try await served(FakeTelegram(client: network, in: .quiet(clock)), network, test)
    }

    @Loop private func served(
        _ fake: FakeTelegram,
        _ network: InMemoryNetwork,
        _ test: @Loop (FakeTelegram, Caller) async throws -> Void
    ) async throws {
        let listener = try network.bind(.tcp(host: "127.0.0.1", port: 80), limits: .patient)
        let (stop, pool) = (Stop(), TaskPool())
        pool.spawn { try? await listener.serve(until: stop, refusal: { $0.text }, fake.handler) }
        do { try await test(fake, Caller(network: network)) } catch {
            pool.cancelAll()
            throw error
        }
        stop.request()
        pool.cancelAll()
        await pool.drain()
    }
}
