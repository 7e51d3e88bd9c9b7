package import BerthHTTP
package import BerthLoop
import BerthMemory
package import BerthTelemetry
import BerthText

/// A server of Telegram's Bot API for bots with any id, which checks every call strictly and
/// misbehaves on demand.
///
/// Under `/control` a test brings in updates, asks for faults, and reads what was sent. A token is
/// `<bot id>:<secret>`; a secret that contains `wrong` is refused.
@Loop package final class FakeTelegram {
    private let surroundings: Surroundings
    private let client: any HTTPSending
    private let hasFloods: Bool
    private var bots: [Int: FakeTelegramBot] = [:]
    private var faults: [Fault] = []

    /// The most bots.
    static nonisolated let mostBots = 64

    /// Makes the fake.
    ///
    /// An HTTP server runs its ``handler``.
    ///
    /// - Parameters:
    ///   - client: sends the updates of webhooks.
    ///   - hasFloods: whether too many calls are refused with 429.
    ///   - surroundings: its clock dates updates and measures floods.
    package nonisolated init(
        client: any HTTPSending,
        hasFloods: Bool = true,
        in surroundings: Surroundings
    ) {
        (self.client, self.hasFloods, self.surroundings) = (client, hasFloods, surroundings)
    }

    /// A fault that is asked for.
    package enum FaultKind: String, CaseIterable, Sendable {
        /// The call is carried out, and the connection ends without an answer.
        case dropAfter = "drop-after"
        /// The connection ends before the call is carried out.
        case dropBefore = "drop-before"
        /// The connection ends within a call that waits for 1 s, such as a question for updates.
        case cutPoll = "cut-poll"
        /// A page of a proxy with status 502.
        case gateway = "502"
        /// The server's own 500.
        case restart = "500"
        /// The answer comes after 3 s.
        case slow
        /// Another program polls.
        case conflict = "409"
        /// The token was revoked.
        case unauthorized = "401"
        /// A flood with `retry_after` 2.
        case flood = "429"
        /// 200 with a body that is not JSON.
        case garbage
        /// 404: the method is unknown, as on an old server.
        case unknownMethod = "404"
        /// The formats are refused.
        case badEntities = "entities"
        /// The picture is no photo.
        case badPhoto = "photo"
    }

    /// A fault of the next calls of a method.
    struct Fault {
        let kind: FaultKind
        /// The method in lower case; nil for all.
        let method: String?
        var left: Int
    }

    /// Asks for a fault of the next `count` calls of `method`, or of any method if it is nil.
    package func fail(_ kind: FaultKind, _ method: String? = nil, count: Int = 1) {
        faults.append(Fault(kind: kind, method: method?.lowercased(), left: max(1, count)))
    }

    /// The state of a bot, which begins when it is first named.
    package func bot(_ id: Int) -> FakeTelegramBot {
        if let bot = bots[id] { return bot }
        let flood = FakeTelegramFlood(hasFloods ? FakeTelegramFlood.Limits() : nil)
        let bot = FakeTelegramBot(id, flood, client, in: surroundings)
        if bots.count < FakeTelegram.mostBots { bots[id] = bot }
        return bot
    }

    /// The request handler for an HTTP server.
    package nonisolated var handler: HTTPHandler {
        { request in await self.answer(request) }
    }

    private func answer(_ request: HTTPRequest) async -> HTTPResponse {
        let parts = request.path.split(separator: "/", maxSplits: 3).map(String.init)
        guard let first = parts.first else { return FakeTelegramRefusal(404, "Not Found").response }
        if first == "control" {
            return await FakeTelegramControl(self).answer(request, Array(parts.dropFirst()))
        }
        if first == "file", parts.count >= 3, let bot = try? bot(of: parts[1]) {
            let path = parts.dropFirst(2).joined(separator: "/")
            guard let file = bot.content(at: path) else {
                return FakeTelegramRefusal(404, "Not Found").response
            }
            return .bytes(file, type: "application/octet-stream")
        }
        guard first.hasPrefix("bot"), parts.count == 2 else {
            return FakeTelegramRefusal(404, "Not Found").response
        }
        do throws(FakeTelegramRefusal) {
            let bot = try bot(of: first)
            return await serve(bot, await FakeTelegramCall.read(parts[1], request), request)
        } catch { return error.response }
    }

    /// The bot of `bot<token>`.
    private func bot(of text: String) throws(FakeTelegramRefusal) -> FakeTelegramBot {
        let token = text.dropFirst(3)
        let parts = token.split(separator: ":", omittingEmptySubsequences: false)
        guard token.utf8.count <= 80, parts.count == 2, !parts[1].isEmpty, parts[0].first != "0",
            !parts[1].contains("wrong")
        else { throw FakeTelegramRefusal(401, "Unauthorized: invalid token specified") }
        guard let id = Int(parts[0]), id > 0 else {
            throw FakeTelegramRefusal(421, "Misdirected Request: unallowed token specified")
        }
        return bot(id)
    }

    private func serve(
        _ bot: FakeTelegramBot,
        _ call: FakeTelegramCall,
        _ request: HTTPRequest
    ) async -> HTTPResponse {
        bot.counts[call.method, default: 0] += 1
        bot.keep(call, named: request.path.split(separator: "/").last.map(String.init) ?? "")
        let fault = bot.refusal ?? takeFault(call.method)
        switch fault {
        case .dropBefore: return dropped(request)
        case .gateway:
            let page = Array("<html><head><title>502 Bad Gateway</title></head></html>".utf8)
            return .bytes(page, type: "text/html", status: 502)
        case .restart: return FakeTelegramRefusal(500, "Internal Server Error: restart").response
        case .unauthorized: return FakeTelegramRefusal(401, "Unauthorized").response
        case .unknownMethod: return FakeTelegramRefusal(404, "Not Found: method not found").response
        case .garbage: return .bytes(Array("<html>".utf8), type: "text/html")
        case .conflict:
            return FakeTelegramRefusal(409, FakeTelegramBot.otherPoller).response
        case .flood:
            if let chat = call.integer("chat_id") { bot.close(chat, for: .seconds(2)) }
            return FakeTelegramRefusal(429, "Too Many Requests: retry after 2", retryAfter: 2)
                .response
        case .badEntities where call.text("entities") != nil:
            return FakeTelegramRefusal(400, "can't parse entities: on demand").response
        case .badPhoto: return FakeTelegramRefusal(400, "IMAGE_PROCESS_FAILED").response
        case .slow: try? await surroundings.clock.sleep(for: .seconds(3))
        default: break
        }
        let response: HTTPResponse
        let timer = surroundings.clock.schedule(after: .seconds(1)) {
            if fault == .cutPoll { request.cutOff() }
        }
        defer { timer.cancel() }
        do throws(FakeTelegramRefusal) {
            let result = try await bot.answer(call, request)
            response = .json(Array(#"{"ok":true,"result":"#.utf8) + result + [0x7D])
        } catch {
            bot.refused(call, error)
            response = error.response
        }
        return fault == .dropAfter ? dropped(request) : response
    }

    private func dropped(_ request: HTTPRequest) -> HTTPResponse {
        request.cutOff()
        return HTTPResponse(status: 500)
    }

    private func takeFault(_ method: String) -> FaultKind? {
        guard let index = faults.firstIndex(where: { $0.method == nil || $0.method == method })
        else { return nil }
        let kind = faults[index].kind
        faults[index].left -= 1
        if faults[index].left == 0 { faults.remove(at: index) }
        return kind
    }
}
