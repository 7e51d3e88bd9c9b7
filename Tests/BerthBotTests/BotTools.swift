import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// Actions of tests on a bot.
extension BotFixture {
    /// A new conversation of `tenant`, or of ``ann`` if it is nil.
    func session(of tenant: LiveTenant? = nil) async throws -> String {
        try await bot.conversations.create(tenant ?? ann, .web).id
    }

    /// Sends a message of `tenant`, or of ``ann`` if it is nil, and returns when the provider is asked.
    func ask(
        _ text: String,
        in session: String,
        by tenant: LiveTenant? = nil
    ) async throws -> (LiveTurn, HandCall) {
        let turn = try await bot.turns.begin(text, in: session, by: tenant ?? ann)
        return (turn, try await hand.call())
    }

    /// Sends a message, has it answered, and returns the provider's call.
    @discardableResult
    func exchange(
        _ text: String,
        _ answer: String,
        in session: String,
        by tenant: LiveTenant? = nil
    ) async throws -> HandCall {
        let (turn, call) = try await ask(text, in: session, by: tenant)
        call.say(answer)
        call.finish()
        _ = try await turn.ended()
        return call
    }

    /// Sends a command of ``ann`` and returns its answer.
    func command(_ text: String, in session: String) async throws -> String {
        try await bot.turns.begin(text, in: session, by: ann).ended().text
    }

    /// A conversation's turns as its owner sees them, oldest first.
    func history(
        _ session: String,
        of tenant: LiveTenant? = nil
    ) async throws -> [TurnInfo] {
        try await bot.conversations.turns(of: session, before: nil, for: tenant ?? ann).turns
    }

    /// The usage of a tenant today, after all ended calls are settled.
    func used(_ tenant: LiveTenant? = nil) async throws -> Usage {
        await bot.meter.drain()
        let (id, now) = ((tenant ?? ann).row.id, clock.timestamp)
        return try await store.usage(of: id, on: now)
    }

    /// A chat request to the API.
    func request(_ text: String = "hi", more: String = "") throws -> JSONObject {
        try JSONObject(
            Array(#"{"messages":[{"role":"user","content":"\#(text)"}]\#(more)}"#.utf8)
        )
    }

    /// The error that ends `work`, or nil if it succeeds.
    func failure(of work: @Loop () async throws -> Void) async -> BotError? {
        do { try await work() } catch { return error as? BotError }
        return nil
    }
}

extension LiveTurn {
    /// Waits for the end, and returns the whole answer with it.
    func ended() async throws -> (text: String, outcome: TurnOutcome) {
        let reader = reader()
        var text = ""
        while let event = try await reader.next() {
            switch event {
            case .place, .progress, .reasoning: break
            case .text(let piece): text += piece
            case .ended(let outcome): return (text, outcome)
            }
        }
        throw RawClient.TookTooLong(waitedFor: "a turn's end", received: text)
    }
}

extension HandCall {
    /// The contents of the prompt's messages, each after its role.
    var messages: [String] {
        (object.elements("messages") ?? []).compactMap { object.object(at: $0) }.map {
            "\($0.string("role") ?? "?"): \($0.string("content") ?? "?")"
        }
    }
}

extension BotError {
    /// The case's name, for comparing.
    var name: String { String("\(Mirror(reflecting: self).children.first?.label ?? rawName)") }

    private var rawName: String {
        switch self {
        case .suspended: "suspended"
        case .sessionBusy: "sessionBusy"
        case .noSession: "noSession"
        case .noTurn: "noTurn"
        case .notCut: "notCut"
        case .emptyText: "emptyText"
        case .stopping: "stopping"
        case .foreignOrigin: "foreignOrigin"
        default: "?"
        }
    }
}

/// Asks for a stream and reads all of it, in a task of its own.
@Loop func listen(
    _ bot: BotFixture,
    as tenant: LiveTenant? = nil,
    in pool: TaskPool
) throws -> Mailbox<String> {
    let (told, request) = (Mailbox<String>(), try bot.request("What is a berth?"))
    pool.spawn {
        do {
            let stream = try await bot.stream(request, bot.bot.models.choices, tenant)
            var text = ""
            while let chunk = try await stream.next() { text += chunk.text }
            told.put(text)
        } catch { told.put("error: \(error)") }
    }
    return told
}
