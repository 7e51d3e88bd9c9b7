import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthText

/// The public keys by which fal signs its reports.
@Loop final class FalKeys {
    private let url: String
    private let route: HTTPClientRoute
    private let client: any HTTPSending
    private let clock: any Clock
    private var keys: [[UInt8]] = []
    private var fetched: Instant?
    private var fetching: Task<Void, Never>?
    private let tasks = TaskPool()

    /// The time for which the keys are kept, which fal allows at most.
    static nonisolated let lifetime = Duration.seconds(86_400)
    /// The least time between two requests for the keys.
    static nonisolated let pause = Duration.seconds(300)
    /// The most keys that are tried.
    private static nonisolated let most = 16

    init(_ settings: Configuration.Provider, _ client: any HTTPSending, _ clock: any Clock) {
        let isVendor = "\(settings.baseURL)" == settings.kind.vendorURL
        let server = isVendor ? "https://rest.fal.ai" : settings.baseURL.origin
        url = server + "/.well-known/jwks.json"
        route = HTTPClientRoute(settings)
        self.client = client
        self.clock = clock
    }

    /// Whether one of the keys has signed `message`.
    ///
    /// If none has, the keys are requested anew, because they may have changed.
    func verify(_ signature: [UInt8], of message: [UInt8]) async -> Bool {
        if age > FalKeys.lifetime { await fetch() }
        if isSigned(signature, message) { return true }
        guard age > FalKeys.pause else { return false }
        await fetch()
        return isSigned(signature, message)
    }

    private func isSigned(_ signature: [UInt8], _ message: [UInt8]) -> Bool {
        keys.contains { Ed25519.verifies(signature, of: message, key: $0) }
    }

    private var age: Duration { fetched.map { clock.now - $0 } ?? .seconds(.max / 2) }

    private func fetch() async {
        let task = fetching ?? tasks.spawn { await self.request() }
        fetching = task
        await task.value
        fetching = nil
    }

    private func request() async {
        fetched = clock.now
        var request = HTTPClientRequest(method: "GET", url: url)
        request.route = route
        request.decodesBody = true
        request.deadlines = HTTPClientDeadlines(firstByte: .seconds(10), stall: .seconds(5))
        guard let response = try? await client.send(request), response.status == 200,
            let body = try? await response.collect(atMost: .kibibytes(64)),
            let list = try? JSONObject(answer: body)
        else { return }
        let elements = list.elements("keys") ?? []
        let found = elements.prefix(FalKeys.most).compactMap {
            list.object(at: $0)?.word("x").flatMap { FalKeys.key($0) }
        }
        if !found.isEmpty { keys = found }
    }

    private static nonisolated func key(_ text: String) -> [UInt8]? {
        var (decoder, key) = (Base64Decoder(), [UInt8]())
        do {
            try decoder.feed(text.utf8, onto: &key)
            try decoder.finish(onto: &key)
        } catch { return nil }
        return key.count == 32 ? key : nil
    }
}
