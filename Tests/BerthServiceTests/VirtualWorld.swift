import BerthAdmin
import BerthBot
import BerthCache
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthService
import BerthStore
import BerthTelemetry
import BerthTestKit
import BerthText
import Testing

/// A whole service on a clock that the world moves, with its randomness from a seed and a scripted
/// provider on a network within the process.
///
/// Its data is in memory and all of its work is done on the loop's thread. It reads no file and
/// opens no socket.
@Loop final class VirtualWorld {
    /// Messages that are answered.
    nonisolated static let turns = 10

    private let clock = ManualClock()
    private let lines = LogLines()
    private let network: InMemoryNetwork
    private let service: Composition
    private let (pool, stop) = (TaskPool(), Stop())
    private var cookie = ""

    /// The event log of a service of this seed that answers ten turns.
    ///
    /// It has every line of the service's log, the status and the header of every answer, and the
    /// server-sent events of every turn as they are sent, in the order in which they came.
    static func events(seed: UInt64) async throws -> [String] {
        let world = try await VirtualWorld(seed: seed)
        do { try await world.live() } catch {
            await world.end()
            throw error
        }
        await world.end()
        return world.lines.all
    }

    private init(seed: UInt64) async throws {
        let surroundings = Surroundings(
            clock: clock,
            entropy: Entropy(seed: seed),
            log: lines.log
        )
        network = InMemoryNetwork(in: surroundings)
        var edges = Edges(
            surroundings: surroundings,
            client: network,
            network: network,
            kernel: { VirtualWorld.kernel },
            resolve: { _, _ in [] },
            redis: { RedisClient(address: $0, in: surroundings, resolve: $1) }
        )
        edges.disk = .memory
        let provider = HTTPService(
            on: try network.bind(.tcp(host: "provider.test", port: 80), limits: .init()),
            VirtualWorld.answer
        )
        let (pool, stop) = (pool, stop)
        pool.spawn { try? await provider.run(until: stop) }
        await settle()  // the provider listens before the service is made
        let service = try await Composition.make(VirtualWorld.settings(), edges)
        self.service = service
        try await service.weigh()
        pool.spawn { try? await service.run(until: stop) }
        await settle()
    }

    /// The status of a service's answer over its admin socket.
    static func statusOfAdminSocket() async throws -> Int {
        let world = try await VirtualWorld(seed: 1)
        var request = HTTPClientRequest(method: "GET", url: "http://localhost/healthz")
        request.unixSocket = AdminServer.socketName
        let status = try? await world.network.send(request).status
        await world.end()
        return status ?? 0
    }

    /// Lets a tenant in, who then asks ten times within ten minutes.
    private func live() async throws {
        let (ann, _) = try await service.bot.tenants.add("ann")
        let link = try await service.bot.access.link(for: ann)
        let token = try #require(link.split(separator: "=").last)
        let form = "application/x-www-form-urlencoded"
        let login = try await send("POST", "/login", "token=\(token)", type: form)
        cookie = String(try #require(login.headers["set-cookie"]).prefix { $0 != ";" })
        let made = try await send("POST", "/web/sessions", "{}")
        let object = try await JSONObject(made.collect(atMost: .kibibytes(4)))
        let session = try #require(object.string("id"))
        for number in 1...VirtualWorld.turns {
            let text = "{\"text\":\"question \(number)\"}"
            let answer = try await send("POST", "/web/sessions/\(session)/turns", text)
            let events = try await answer.collect(atMost: .kibibytes(64))
            lines.add(String(decoding: events, as: UTF8.self))
            clock.advance(by: .seconds(1))
            await settle()
        }
    }

    /// Sends a request and notes the answer's header.
    private func send(
        _ method: String,
        _ path: String,
        _ body: String,
        type: String = "application/json"
    ) async throws -> HTTPClientResponse {
        let origin = "http://127.0.0.1:\(service.server.port)"
        let response = try await network.send(
            HTTPClientRequest(
                method: method,
                url: origin + path,
                headers: ["content-type": type, "origin": origin, "cookie": cookie],
                body: Array(body.utf8)
            )
        )
        let headers = response.headers.map { "\($0.name): \($0.value)" }.joined(separator: "; ")
        lines.add("\(response.status) \(headers)")
        return response
    }

    private func end() async {
        stop.request()
        await pool.drain()
        await service.finish()
    }

    /// Answers every question with three pieces and an end.
    private static let answer: HTTPHandler = { request in
        guard (try? await request.body.collect(atMost: .mebibytes(1))) != nil else {
            return .error(400, "no body")
        }
        return .events { writer in
            for piece in ["one ", "two ", "three"] {
                try await writer.write(SSE.event(CompletionJSON.chunk(delta: piece)))
            }
            try await writer.write(SSE.event(CompletionJSON.chunk(finish: "stop")))
            try await writer.write(Array("data: [DONE]\n\n".utf8))
        }
    }

    private nonisolated static let kernel = KernelMemory(
        process: ProcessMemory(resident: .mebibytes(20), anonymous: .mebibytes(4), threads: 2),
        cgroup: nil,
        pressure: nil,
        absent: []
    )

    private static func settings() throws -> Configuration {
        let text = """
            listen: 127.0.0.1:0
            memory: { limit: 128MiB }
            providers:
              - { name: p, kind: openai, base_url: 'http://provider.test/v1' }
            models:
              chat:
                - { provider: p, model: m, price: { input: 1, output: 2 }, context: 8192 }
            """
        let file = try ConfigurationFile.parse(
            Array(text.utf8),
            file: nil,
            environment: { _ in nil },
            memory: MemoryCeiling(limit: .mebibytes(128), source: "the test")
        )
        return file.configuration
    }
}
