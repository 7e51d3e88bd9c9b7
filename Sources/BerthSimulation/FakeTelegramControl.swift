import BerthHTTP
import BerthLoop
import BerthText

/// The pages under `/control` of ``FakeTelegram``, for tests in other languages and by hand.
@Loop struct FakeTelegramControl {
    private let fake: FakeTelegram

    /// The pages, as `GET /control` lists them.
    private static let help = """
        POST /control/ID/update   an update, such as {"message":{…}}, with or without an id
        POST /control/ID/message  {"chat":5,"text":"hello","from":5,"name":"Ann"}
        POST /control/ID/many     {"count":100000,"chats":20,"text":"/new","every":500}: messages
                                  to chats 1 to 20, of which each 500th has the text and its
                                  number, and the others are of a kind that asks for nothing
        POST /control/ID/press    {"chat":5,"message":7,"data":"s:17","from":5}
        POST /control/ID/file     {"name":"a.txt","text":"content"}: returns its file_id
        POST /control/ID/chat     {"chat":5,"refusal":"…","migrated_to":-7,"gone_topic":3}
        POST /control/fault       {"kind":"drop-after","method":"sendMessage","count":1}
        GET  /control/ID/sent     what was sent
        GET  /control/ID/calls    the arguments of a call of each form
        GET  /control/ID/state    counts of calls, floods, waiting updates, faults of calls

        """

    init(_ fake: FakeTelegram) { self.fake = fake }

    func answer(_ request: HTTPRequest, _ parts: [String]) async -> HTTPResponse {
        if parts.isEmpty { return .text(Self.help) }
        if parts == ["fault"] { return await addFault(request) }
        guard parts.count == 2, let id = Int(parts[0]), id > 0 else {
            return .error(404, "unknown page: see /control")
        }
        let bot = fake.bot(id)
        switch parts[1] {
        case "sent": return Self.json(bot.sent)
        case "calls": return Self.json(bot.forms)
        case "state": return Self.json(State(bot))
        default: break
        }
        guard let object = await FakeOpenAI.body(of: request) else {
            return .error(400, "the body is not a JSON object")
        }
        switch parts[1] {
        case "update":
            let members = String(decoding: object.setting(["update_id": nil]), as: UTF8.self)
            let update = bot.bring(
                String(members.dropFirst().dropLast()),
                id: object.integer("update_id")
            )
            return .json(Array(#"{"update_id":\#(update)}"#.utf8))
        case "message": return bring(message: object, to: bot)
        case "many": return bring(many: object, to: bot)
        case "press": return bring(press: object, to: bot)
        case "file":
            let content = Array((object.string("text") ?? "").utf8)
            let name = object.string("name") ?? "file"
            let file = bot.add(content, name: name, size: object.integer("size"))
            return .json(Array(#"{"file_id":"\#(file)"}"#.utf8))
        case "chat":
            guard let chat = object.integer("chat") else { return .error(400, "no chat") }
            var state = FakeTelegramBot.Chat()
            state.refusal = object.string("refusal")
            state.migratedTo = object.integer("migrated_to")
            if let topic = object.integer("gone_topic") { state.goneTopics = [topic] }
            bot.chats[chat] = state
            return .json(Array("{}".utf8))
        default: return .error(404, "unknown page: see /control")
        }
    }

    private func addFault(_ request: HTTPRequest) async -> HTTPResponse {
        let object = await FakeOpenAI.body(of: request)
        guard let kind = object?.string("kind").flatMap(FakeTelegram.FaultKind.init) else {
            let kinds = FakeTelegram.FaultKind.allCases.map(\.rawValue).joined(separator: ", ")
            return .error(400, "kind must be one of \(kinds)")
        }
        fake.fail(kind, object?.string("method"), count: object?.integer("count") ?? 1)
        return .json(Array("{}".utf8))
    }

    private func bring(message object: JSONObject, to bot: FakeTelegramBot) -> HTTPResponse {
        guard let chat = object.integer("chat"), let text = object.string("text") else {
            return .error(400, "no chat or no text")
        }
        let person = FakeTelegramPerson(
            id: object.integer("from") ?? abs(chat),
            name: object.string("name") ?? "Ann",
            language: object.string("language") ?? "en"
        )
        let (message, update) = bot.bring(text, in: chat, from: person)
        return .json(Array(#"{"update_id":\#(update),"message_id":\#(message)}"#.utf8))
    }

    private func bring(many object: JSONObject, to bot: FakeTelegramBot) -> HTTPResponse {
        let (count, chats) = (object.integer("count") ?? 0, max(1, object.integer("chats") ?? 1))
        let every = max(1, object.integer("every") ?? 1)
        guard let text = object.string("text"), 0...FakeTelegramBot.mostUpdates ~= count else {
            return .error(400, "no text, or a count outside of 0 to 100000")
        }
        for number in 0..<count {
            if number.isMultiple(of: every) {
                let (turn, chat) = (number / every, 1 + number / every % chats)
                let person = FakeTelegramPerson(id: chat, name: "p\(chat)")
                bot.bring("\(text) \(turn)", in: chat, from: person)
            } else {
                bot.bring(#""poll":{"id":"\#(number)","question":"?"}"#)
            }
        }
        return .json(Array("{}".utf8))
    }

    private func bring(press object: JSONObject, to bot: FakeTelegramBot) -> HTTPResponse {
        guard let chat = object.integer("chat"), let message = object.integer("message"),
            let data = object.string("data")
        else { return .error(400, "no chat, message or data") }
        let person = FakeTelegramPerson(id: object.integer("from") ?? abs(chat))
        let update = bot.bring(press: data, on: message, in: chat, from: person)
        return .json(Array(#"{"update_id":\#(update)}"#.utf8))
    }

    private struct State: Encodable {
        let counts: [String: Int]
        let floods: Int
        let early: Int
        let waiting: Int
        let faults: [String]
        let webhook: String

        @Loop init(_ bot: FakeTelegramBot) {
            (counts, faults) = (bot.counts, bot.faults)
            (floods, early) = (bot.floods.refused, bot.floods.early)
            waiting = bot.waiting
            webhook = bot.webhook?.url ?? ""
        }
    }

    private static func json(_ value: some Encodable) -> HTTPResponse {
        guard let json = try? JSON.encode(value) else { return .error(500, "not encodable") }
        return .json(json)
    }
}
