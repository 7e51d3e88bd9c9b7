import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthSimulation
import BerthTestKit
import BerthText
import Testing

@testable import BerthConfig

/// The reports of fal, which wake the wait for a job.
@Suite(.loop, .timeLimit(.minutes(20))) struct FalHooksTests {
    private static let url = "https://bot.example"

    /// A client that reaches the service's public address at a local server.
    @Loop final class Detour: HTTPSending {
        let client = HTTPClient(in: .quiet(ManualClock()))
        var service = ""
        /// Changes a report before it is sent.
        var change: (inout HTTPClientRequest) -> Void = { _ in }
        private(set) var statuses: [Int] = []
        let answered = Wakeup()

        init() {}

        func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse
        {
            var request = request
            request.url = request.url.replacing(FalHooksTests.url, with: service)
            change(&request)
            let response = try await client.send(request)
            statuses.append(response.status)
            answered.signal()
            return response
        }

        func closeIdle() {}
    }

    @Loop private func catalog(
        _ url: String,
        _ asker: Asker,
        _ clock: any Clock,
        service: String = FalHooksTests.url
    ) throws -> PictureCatalog {
        var configuration = Configuration(
            memory: MemoryCeiling(limit: .mebibytes(128), source: "a test's machine")
        )
        configuration.url = try #require(WebURL(service))
        configuration.hasOwnURL = true
        configuration.providers = [try asker.settings(url, .fal)]
        configuration.imageModels = [.init(provider: "fake", model: "fake/flux")]
        return PictureCatalog(configuration, demo: nil, client: asker.client, in: .quiet(clock))
    }

    @Loop @Test func `a signed report ends the wait without a further question`() async throws {
        let (asker, detour, clock) = (Asker(), Detour(), ManualClock(at: SystemClock().timestamp))
        let pace = FakeFal.Pace(queue: .milliseconds(200))
        try await withFal(pace: pace, clock: SystemClock(), client: detour) { url, fake in
            let catalog = try catalog(url, asker, clock)
            let router = Router(catalog.routes)
            try await withServer({ await router.answer($0) }) { service in
                detour.service = service
                let provider = try #require(catalog.choices.first?.provider)
                let shelf = PictureShelf()
                // The provider's clock stands still, so nothing but the report ends the wait.
                let outcome = await asker.make(provider, asker.order("fake/flux"), into: shelf)
                // The wait ends when the report is read, before its sender has the answer.
                _ = await eventually { !detour.statuses.isEmpty }
                let (statuses, count, tally) = (detour.statuses, shelf.pictures.count, fake.tally)
                #expect(outcome.error == nil)
                #expect(statuses == [200])
                #expect(count == 1)
                #expect(tally.reports == 1)
            }
        }
    }

    /// Changes that make a report one that fal has not signed, or not now.
    nonisolated static let changes: [(String, @Sendable (inout HTTPClientRequest) -> Void)] = [
        ("body", { $0.body.append(0x20) }),
        (
            "signature",
            { $0.headers["x-fal-webhook-signature"] = String(repeating: "0", count: 128) }
        ),
        ("no signature", { $0.headers["x-fal-webhook-signature"] = nil }),
        ("short", { $0.headers["x-fal-webhook-signature"] = "abcd" }),
        ("user", { $0.headers["x-fal-webhook-user-id"] = "other" }),
        ("old", { $0.headers["x-fal-webhook-timestamp"] = "1000000000" }),
        ("future", { $0.headers["x-fal-webhook-timestamp"] = "99999999999" }),
        ("no time", { $0.headers["x-fal-webhook-timestamp"] = "now" }),
    ]

    @Loop @Test(arguments: changes.indices)
    func `a report that is not fal's is refused`(index: Int) async throws {
        let (asker, detour) = (Asker(), Detour())
        let change = FalHooksTests.changes[index].1
        let pace = FakeFal.Pace(queue: .milliseconds(100))
        try await withFal(pace: pace, clock: SystemClock(), client: detour) { url, _ in
            let catalog = try catalog(url, asker, FastClock())
            let router = Router(catalog.routes)
            try await withServer({ await router.answer($0) }) { service in
                (detour.service, detour.change) = (service, change)
                let provider = try #require(catalog.choices.first?.provider)
                // The wait goes on asking by itself.
                let outcome = await asker.make(
                    provider,
                    asker.order("fake/flux"),
                    into: PictureShelf()
                )
                _ = await eventually { !detour.statuses.isEmpty }
                let status = detour.statuses.first ?? 0
                #expect(outcome.error == nil)
                // A report that comes after the wait has nothing to wake.
                #expect([400, 401, 200].contains(status))
            }
        }
    }

    @Loop @Test(arguments: ["http://bot.example", "https://127.0.0.1", "https://localhost"])
    func `a service that is not public gets no reports`(url: String) async throws {
        let asker = Asker()
        let catalog = try catalog("http://127.0.0.1:1", asker, ManualClock(), service: url)
        let count = catalog.routes.count
        #expect(count == 0)
    }
}
