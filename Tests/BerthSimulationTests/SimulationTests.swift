import BerthHTTP
import BerthLoop
import BerthTelemetry
import BerthTestKit
import BerthText
import Testing

@testable import BerthSimulation

/// A service with the interfaces that personas use, whose answers a test chooses.
@Loop private final class ToyService {
    var chat: HTTPHandler
    /// The requests received, such as `POST /web/sessions`, each with its key or cookie.
    private(set) var asked: [String] = []
    private(set) var logins: [HTTPPeer] = []

    init(chat: @escaping HTTPHandler) { self.chat = chat }

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        let who = request.headers["cookie"] ?? request.headers["authorization"] ?? ""
        asked.append("\(request.method) \(request.path) \(who)")
        switch request.path {
        case "/v1/models": return .text("")
        case "/login":
            logins.append(request.peer)
            return HTTPResponse(status: 303, headers: ["set-cookie": "c=1; Path=/"])
        case "/web/sessions": return .json(Array(#"{"id":"s\#(asked.count)"}"#.utf8), status: 201)
        case _ where request.method == "DELETE": return HTTPResponse(status: 204)
        default: return await chat(request)
        }
    }

    static func events(_ data: [(String?, String)]) -> HTTPResponse {
        let bytes = data.flatMap { SSE.event(Array($0.1.utf8), name: $0.0) }
        return .bytes(bytes, type: "text/event-stream")
    }

    static func answered(_ request: HTTPRequest) -> HTTPResponse {
        request.path.hasPrefix("/v1/")
            ? events([(nil, #"{"choices":[{"delta":{"content":"Yes"}}]}"#), (nil, "[DONE]")])
            : events([
                ("turn", #"{"id":"t"}"#), ("delta", #"{"text":"Yes"}"#),
                ("done", #"{"state":"done"}"#),
            ])
    }
}

@Suite(.loop, .timeLimit(.minutes(20))) struct SimulationTests {
    /// Runs `test` with a simulation of two users, one at each interface, on a manual clock.
    @Loop private func withUsers(
        _ chat: @escaping HTTPHandler,
        _ test: @Loop (Simulation, ToyService, ManualClock) async throws -> Void
    ) async throws {
        let (service, clock) = (ToyService(chat: chat), ManualClock())
        let server = try HTTPServer(
            listen: .tcp(host: "127.0.0.1", port: 0),
            limits: .patient,
            in: .quiet()
        )
        let (stop, pool) = (Stop(), TaskPool())
        pool.spawn {
            try? await server.serve(until: stop) { request in await service.answer(request) }
        }
        let simulation = Simulation(
            SimulationPlan(users: 2, seconds: 60, seed: 1),
            origin: "http://127.0.0.1:\(server.port)",
            credentials: [0, 1].map { PersonaCredentials(key: "key\($0)", token: "token\($0)") },
            in: .quiet(clock)
        )
        do { try await test(simulation, service, clock) } catch {
            pool.cancelAll()
            throw error
        }
        stop.request()
        await pool.drain()
    }

    /// Runs the simulation to its end and advances the clock whenever no answer is under way.
    @Loop private func run(_ simulation: Simulation, _ clock: ManualClock) async {
        let pool = TaskPool()
        pool.spawn { await simulation.run() }
        await settle()
        while pool.count > 0 {
            clock.advance(by: .milliseconds(500))
            await settle()
            let isQuiet = await eventually { simulation.tally.underWay == 0 }
            guard isQuiet else { return pool.cancelAll() }
        }
    }

    @Loop @Test func `everybody comes in by a interface of their own`() async throws {
        try await withUsers(ToyService.answered) { simulation, service, _ in
            try await simulation.signIn()
            let asked = service.asked
            #expect(asked == ["GET /v1/models Bearer key0", "POST /login "])
            let logins = service.logins
            #expect(logins == [.network(address: "127.1.0.2")])
        }
    }

    @Loop @Test func `users ask until the time is over, and all is counted`() async throws {
        try await withUsers(ToyService.answered) { simulation, service, clock in
            await run(simulation, clock)
            let turns = simulation.tally.turns
            #expect(turns.asked > 20 && turns.answered == turns.asked)
            let interfaces = simulation.tally.byInterface
            #expect(interfaces[.api]?.answered ?? 0 > 8 && interfaces[.web]?.answered ?? 0 > 8)
            let asked = service.asked
            let (begun, ended) = (
                asked.count { $0.hasPrefix("POST /web/sessions ") },
                asked.count { $0.hasPrefix("DELETE") }
            )
            #expect(begun > 2 && ended == begun - 1)
        }
    }

    @Loop @Test func `refusals and losses are told apart`() async throws {
        let chat: HTTPHandler = { request in
            request.path.hasPrefix("/v1/")
                ? .error(429, "wait", code: "queue_full")
                : ToyService.events([("turn", #"{"id":"t"}"#)])
        }
        try await withUsers(chat) { simulation, _, clock in
            await run(simulation, clock)
            let tally = simulation.tally
            #expect(tally.turns.answered == 0)
            #expect(tally.refusals == ["429 queue_full": tally.byInterface[.api]?.asked ?? 0])
            #expect(tally.losses == [.cut: tally.byInterface[.web]?.asked ?? 0])
        }
    }

    @Loop @Test func `an answer that does not come is lost after the grace`() async throws {
        let chat: HTTPHandler = { request in
            await request.clientGone()
            return .text("")
        }
        try await withUsers(chat) { simulation, service, clock in
            let pool = TaskPool()
            pool.spawn { await simulation.run() }
            await settle()
            clock.advance(by: .seconds(20))
            _ = await eventually { service.asked.count == 3 }  // one of them begins a conversation
            clock.advance(by: .seconds(40) + SimulationPlan(users: 2, seconds: 60, seed: 1).grace)
            await pool.drain()
            let tally = simulation.tally
            #expect(tally.losses == [.unfinished: 2])
        }
    }
}
