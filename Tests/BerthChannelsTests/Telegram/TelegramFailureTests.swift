import BerthHTTP
import BerthLoop
import BerthSimulation
import BerthTestKit
import Testing

@testable import BerthChannels

@Suite(.loop) struct TelegramFailureTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let status: Int
        let body: String
        let failure: TelegramFailure
        var testDescription: String { "\(status) \(body)" }

        init(_ status: Int, _ words: String, _ failure: TelegramFailure, more: String = "") {
            self.status = status
            body = #"{"ok":false,"error_code":\#(status),"description":"\#(words)"\#(more)}"#
            self.failure = failure
        }
    }

    static let rows: [Row] = [
        Row(
            400,
            "Bad Request: can't parse entities: x",
            .badFormat("Bad Request: can't parse entities: x")
        ),
        Row(400, "Bad Request: message is too long", .tooLong("Bad Request: message is too long")),
        Row(
            400,
            "Bad Request: message caption is too long",
            .tooLong("Bad Request: message caption is too long")
        ),
        Row(
            400,
            "Bad Request: PHOTO_INVALID_DIMENSIONS",
            .notAPhoto("Bad Request: PHOTO_INVALID_DIMENSIONS")
        ),
        Row(
            400,
            "Bad Request: IMAGE_PROCESS_FAILED",
            .notAPhoto("Bad Request: IMAGE_PROCESS_FAILED")
        ),
        Row(
            400,
            "Bad Request: message thread not found",
            .topicGone("Bad Request: message thread not found")
        ),
        Row(
            400,
            "Bad Request: message to edit not found",
            .messageGone("Bad Request: message to edit not found")
        ),
        Row(
            400,
            "Bad Request: message can't be edited",
            .messageGone("Bad Request: message can't be edited")
        ),
        Row(
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            .migrated(to: -1_001_234_567_890),
            more: #","parameters":{"migrate_to_chat_id":-1001234567890}"#
        ),
        Row(400, "Bad Request: chat not found", .chatUnreachable("Bad Request: chat not found")),
        Row(
            400,
            "Bad Request: not enough rights to send text messages to the chat",
            .chatUnreachable("Bad Request: not enough rights to send text messages to the chat")
        ),
        Row(400, "Bad Request: file is too big", .tooLarge("Bad Request: file is too big")),
        Row(400, "Bad Request: BUTTON_DATA_INVALID", .refused("Bad Request: BUTTON_DATA_INVALID")),
        Row(401, "Unauthorized", .badToken("Unauthorized")),
        Row(
            403,
            "Forbidden: bot was blocked by the user",
            .chatUnreachable("Forbidden: bot was blocked by the user")
        ),
        Row(
            403,
            "Forbidden: bot was kicked from the supergroup chat",
            .chatUnreachable("Forbidden: bot was kicked from the supergroup chat")
        ),
        Row(404, "Not Found", .badToken("Not Found")),
        Row(404, "Not Found: method not found", .unknownMethod),
        Row(
            409,
            "Conflict: terminated by other getUpdates request",
            .conflict("Conflict: terminated by other getUpdates request")
        ),
        Row(413, "Request Entity Too Large", .tooLarge("Request Entity Too Large")),
        Row(
            421,
            "Misdirected Request: unallowed token specified",
            .badToken("Misdirected Request: unallowed token specified")
        ),
        Row(
            429,
            "Too Many Requests: retry after 7",
            .flood(after: .seconds(7)),
            more: #","parameters":{"retry_after":7}"#
        ),
        Row(429, "Too Many Requests", .flood(after: .seconds(5))),
        Row(
            429,
            "Too Many Requests",
            .flood(after: .seconds(1)),
            more: #","parameters":{"retry_after":-9}"#
        ),
        Row(
            429,
            "Too Many Requests",
            .flood(after: .seconds(86_400)),
            more: #","parameters":{"retry_after":99999999999}"#
        ),
        Row(
            500,
            "Internal Server Error: restart",
            .unknown("Internal Server Error: restart", hasAnswer: true)
        ),
    ]

    @Loop @Test(arguments: rows)
    func `an error of the Bot API says what to do`(_ row: Row) async throws {
        let answer = HTTPResponse.json(Array(row.body.utf8), status: row.status)
        #expect(try await failure(for: answer) == row.failure)
    }

    @Loop @Test func `a page of a proxy, and a body that is not JSON, leave the outcome open`()
        async throws
    {
        let page = HTTPResponse.text("<html>502 Bad Gateway</html>", status: 502)
        #expect(try await failure(for: page) == .unknown("status 502", hasAnswer: true))
        for body in ["<html>", "{}", "[]", ""] {
            guard case .unknown(_, hasAnswer: true) = try await failure(for: .text(body)) else {
                Issue.record("'\(body)' was understood")
                continue
            }
        }
    }

    @Loop @Test func `faults on the wire are told from those before it`() async throws {
        try await FakeTelegramFixture.run { telegram in
            for fault in [FakeTelegram.FaultKind.dropAfter, .dropBefore] {
                telegram.fake.fail(fault)
                let failure = await TelegramClientTests.failure {
                    _ = try await telegram.client.send(
                        TelegramPart(text: "x", entities: []),
                        to: TelegramTarget(chat: 5)
                    )
                }
                guard case .unknown(_, hasAnswer: false) = failure else {
                    Issue.record("\(fault): \(String(describing: failure))")
                    continue
                }
            }
            // The first was sent once, the second not at all.
            #expect(telegram.bot.sent.count == 1)
            telegram.fake.fail(.unauthorized, "getMe")
            let failure = await TelegramClientTests.failure { _ = try await telegram.client.me() }
            #expect(failure == .badToken("Unauthorized"))
        }
    }

    @Loop @Test func `the token is in no error`() async throws {
        let secret = "hunter2-secret"
        let echo = #"{"ok":false,"error_code":400,"description":"POST /bot42:\#(secret)/x failed"}"#
        let answers: [HTTPResponse] = [
            .json(Array(echo.utf8), status: 400), .text("/bot42:\(secret)/", status: 502),
        ]
        for answer in answers {
            let failure = try await failure(for: answer)
            let text = "\(String(describing: failure)) \(String(reflecting: failure))"
            #expect(!text.contains(secret) && !text.contains("42:"))
        }
        let network = HTTPClient(in: .quiet())
        for url in ["http://127.0.0.1:1", "http://none.invalid", "https://127.0.0.1:1"] {
            let client = try TelegramClient.of("42:\(secret)", at: url, over: network)
            let failure = await TelegramClientTests.failure { _ = try await client.me() }
            #expect(failure != nil && !String(reflecting: failure).contains(secret))
            var dumped = ""
            dump(client.bot, to: &dumped)
            #expect(!dumped.contains(secret))
        }
    }

    @Loop private func failure(for answer: HTTPResponse) async throws -> TelegramFailure? {
        let network = InMemoryNetwork(in: .quiet())
        let listener = try network.bind(.tcp(host: "127.0.0.1", port: 80), limits: .patient)
        let (stop, pool) = (Stop(), TaskPool())
        pool.spawn { try? await listener.serve(until: stop, refusal: { $0.text }) { _ in answer } }
        let client = try TelegramClient.of(
            "42:hunter2-secret",
            at: "http://127.0.0.1",
            over: network
        )
        let failure = await TelegramClientTests.failure { _ = try await client.me() }
        stop.request()
        await pool.drain()
        return failure
    }
}
