package import BerthConfig
package import BerthHTTP
package import BerthLoop
import BerthMemory
import BerthProviders
package import BerthTelemetry
import BerthText

/// The calls of the Bot API that Berth makes for one bot.
///
/// It plans nothing and repeats nothing: `SendBudget` says when a call may be made, and
/// ``TelegramFailure`` says what to do after a failure. The bot's token is in the URL of every call
/// and in no error.
@Loop package final class TelegramClient {
    /// The bot.
    package nonisolated let bot: Configuration.Telegram

    /// The date of the server's last answer, to the second, or nil before the first.
    package private(set) var serverDate: Timestamp?

    private let network: any HTTPSending
    private let metrics: TelegramMetrics?
    private let entropy: Entropy
    private let base: String
    private let token: String

    /// The largest answer that is read, except that of ``updates(_:)``.
    static nonisolated let mostAnswer = ByteCount.kibibytes(256)
    /// The largest answer with updates that is read.
    ///
    /// A message takes at most about 64 KiB.
    static nonisolated let mostUpdates = ByteCount.mebibytes(4)

    /// Makes a client, which opens no connection yet.
    ///
    /// Each form that it sends has a boundary from the entropy of `surroundings`.
    package init(
        _ bot: Configuration.Telegram,
        over network: any HTTPSending,
        counting metrics: TelegramMetrics? = nil,
        in surroundings: Surroundings
    ) {
        (self.bot, self.network, self.metrics) = (bot, network, metrics)
        entropy = surroundings.entropy
        token = bot.token.reveal()
        base = bot.apiBase.description
    }

    // MARK: The bot

    /// Returns the bot's own user and rights.
    package func me() async throws(TelegramFailure) -> TelegramMe {
        try TelegramMe(object(of: await call("getMe")))
    }

    // MARK: Updates

    /// Asks for updates, and tells the server that those before `offset` are stored.
    package func updates(
        _ ask: TelegramPoll
    ) async throws(TelegramFailure) -> [TelegramUpdate] {
        var arguments = TelegramArguments()
        arguments.add("offset", ask.offset)
        arguments.add("limit", ask.limit)
        arguments.add("timeout", ask.seconds)
        arguments.add("allowed_updates", words: TelegramUpdateKind.allCases.map(\.rawValue))
        let answer = try await call(
            "getUpdates",
            arguments,
            deadlines: HTTPClientDeadlines(
                firstByte: .seconds(ask.seconds) + TelegramPoll.grace,
                stall: TelegramPoll.grace
            ),
            most: Self.mostUpdates
        )
        guard let elements = answer.elements("result") else { throw Self.strange }
        return elements.compactMap { answer.object(at: $0).flatMap { TelegramUpdate($0) } }
    }

    /// Tells the server to send updates to `url`.
    ///
    /// - Parameters:
    ///   - url: an `https` URL, which may hold no secret.
    ///   - connections: the most connections at once, from 1 to 100.
    /// - Throws: ``TelegramFailure``.
    package func setWebhook(
        _ url: String,
        connections: Int = 8
    ) async throws(TelegramFailure) {
        var arguments = TelegramArguments()
        arguments.add("url", url)
        arguments.add("secret_token", bot.secret?.reveal())
        arguments.add("max_connections", connections)
        arguments.add("allowed_updates", words: TelegramUpdateKind.allCases.map(\.rawValue))
        try await call("setWebhook", arguments)
    }

    /// Ends the webhook.
    ///
    /// The waiting updates stay.
    package func deleteWebhook() async throws(TelegramFailure) { try await call("deleteWebhook") }

    /// Returns the state of the webhook.
    package func webhook() async throws(TelegramFailure) -> TelegramWebhook {
        TelegramWebhook(try object(of: await call("getWebhookInfo")))
    }

    // MARK: Files

    /// Returns the path of a file for ``download(_:)``, which is good for an hour.
    ///
    /// - Throws: ``TelegramFailure/tooLarge(_:)`` for a file above ``TelegramMedia/mostBytes``.
    package func path(of file: String) async throws(TelegramFailure) -> String {
        var arguments = TelegramArguments()
        arguments.add("file_id", file)
        let answer = try object(of: await call("getFile", arguments))
        guard let path = answer.word("file_path", most: 4_096), !path.isEmpty else {
            throw .refused("the server gives no path for the file")
        }
        return path
    }

    /// Begins to download a file.
    ///
    /// Its size is unknown until the end, so the reader bounds it.
    ///
    /// - Throws: ``TelegramFailure``. A local server with `--local` gives a path on its own disk,
    ///   which is refused.
    package func download(_ path: String) async throws(TelegramFailure) -> HTTPClientResponse {
        guard !path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
            throw .refused(
                "the Bot API server hands out files on its own disk only: run it without --local"
            )
        }
        let request = HTTPClientRequest(
            method: "GET",
            url: "\(base)/file/bot\(token)/\(Self.escaped(path))",
            deadlines: HTTPClientDeadlines(firstByte: .seconds(30), stall: .seconds(30))
        )
        let response: HTTPClientResponse
        do { response = try await network.send(request) } catch { throw TelegramFailure(error) }
        guard response.status == 200 else {
            response.cancel()
            throw .refused("the file cannot be downloaded: status \(response.status)")
        }
        return response
    }

    private static func escaped(_ path: String) -> String {
        path.utf8.map { byte in
            let isPlain =
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x2F, 0x5F, 0x7E: true
                default: false
                }
            let hex = String(byte, radix: 16, uppercase: true)
            return isPlain
                ? String(Unicode.Scalar(byte)) : "%" + (hex.utf8.count == 1 ? "0" : "") + hex
        }
        .joined()
    }

    // MARK: The call

    static nonisolated let strange = TelegramFailure.unknown(
        "the server's answer is not one of the Bot API",
        hasAnswer: true
    )

    /// Makes a call with a JSON body and returns the whole answer.
    ///
    /// One that sends a message is sent once: curl would repeat it, unseen, if a pooled connection
    /// fails.
    @discardableResult
    func call(
        _ method: String,
        _ arguments: TelegramArguments = TelegramArguments(),
        deadlines: HTTPClientDeadlines = TelegramClient.deadlines,
        most: ByteCount = TelegramClient.mostAnswer,
        isSentOnce: Bool = false
    ) async throws(TelegramFailure) -> JSONObject {
        var request = HTTPClientRequest(
            url: url(of: method),
            headers: ["Content-Type": "application/json"],
            body: arguments.json,
            deadlines: deadlines
        )
        request.decodesBody = true
        request.isSentOnce = isSentOnce
        return try await send(request, most: most)
    }

    /// A boundary for a form, which no file can hold because it is made after them.
    func boundary() -> String { "berth-" + entropy.bytes(16).hex }

    /// The URL of a method, which holds the token.
    func url(of method: String) -> String { "\(base)/bot\(token)/\(method)" }

    static nonisolated let deadlines = HTTPClientDeadlines(
        firstByte: .seconds(30),
        stall: .seconds(15)
    )

    /// Sends a call, counts it, and returns the whole answer if it is a success.
    @discardableResult
    func send(
        _ request: HTTPClientRequest,
        most: ByteCount = TelegramClient.mostAnswer
    ) async throws(TelegramFailure) -> JSONObject {
        do throws(TelegramFailure) {
            let answer = try await exchange(request, most: most)
            metrics?.count(nil)
            return answer
        } catch {
            metrics?.count(error)
            throw error
        }
    }

    private func exchange(
        _ request: HTTPClientRequest,
        most: ByteCount
    ) async throws(TelegramFailure) -> JSONObject {
        let (status, body): (Int, [UInt8])
        do {
            let response = try await network.send(request)
            status = response.status
            serverDate = response.headers["date"].flatMap { ForeignDate.http($0) }
            body = try await response.collect(atMost: most)
        } catch { throw TelegramFailure(error) }
        let object = try? JSONObject(answer: body)
        if 200...299 ~= status, let object, object.boolean("ok") == true { return object }
        if 200...299 ~= status, object?.boolean("ok") == nil { throw Self.strange }
        throw TelegramFailure(status: status, object, words: words(of: object, status))
    }

    /// The server's description for people.
    private func words(of object: JSONObject?, _ status: Int) -> String {
        guard let text = object?.word("description", most: 4_096), !text.isEmpty else {
            return "status \(status)"
        }
        return HarmlessText.line(text.replacing(token, with: "***")).shortened(toBytes: 200)
    }

    /// The object that a call returns.
    func object(of answer: JSONObject) throws(TelegramFailure) -> JSONObject {
        guard let result = answer.object("result") else { throw Self.strange }
        return result
    }

    /// The id of the message that a call returns.
    func sent(_ answer: JSONObject) throws(TelegramFailure) -> Int {
        guard let id = try object(of: answer).integer("message_id") else { throw Self.strange }
        return id
    }
}
