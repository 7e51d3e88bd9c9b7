import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthSimulation
import BerthTelemetry
import BerthTestKit
import BerthText
import Testing

@testable import BerthConfig

/// The machine's clock, twenty times as fast.
@Loop final class FastClock: Clock {
    private let system = SystemClock()
    private nonisolated let start: Instant

    nonisolated init() { start = SystemClock().now }

    nonisolated var now: Instant { start + (SystemClock().now - start) * 20 }
    nonisolated var timestamp: Timestamp { SystemClock().timestamp }

    func schedule(after delay: Duration, _ action: @escaping @Loop () -> Void) -> Timer {
        system.schedule(after: delay / 20, action)
    }
}

/// A receiver that keeps the pictures for a test.
@Loop final class PictureShelf: PictureReceiver {
    private(set) var pictures: [[UInt8]] = []
    private(set) var kinds: [String?] = []
    /// The most bytes of one write.
    private(set) var largest = 0
    private(set) var begun = 0
    private var open: [UInt8]?
    private let room: Int

    nonisolated init(room: Int = .max) { self.room = room }

    func begin(kind: String?, length: ByteCount?) async throws(ProviderError) {
        begun += 1
        open = []
        kinds.append(kind)
    }

    func write(_ bytes: [UInt8]) async throws(ProviderError) {
        largest = max(largest, bytes.count)
        guard (open?.count ?? 0) + bytes.count <= room else { throw .cancelled }
        open?.append(contentsOf: bytes)
    }

    func finish() async throws(ProviderError) {
        guard let whole = open else { return }
        pictures.append(whole)
        open = nil
    }
}

/// A picture in memory that is sent with a request.
struct MemoryPicture: SourcePicture {
    let kind: String
    let content: [UInt8]
    var bytes: Int { content.count }

    func read(at offset: Int, count: Int) async throws(ProviderError) -> [UInt8] {
        Array(content[offset..<min(offset + count, content.count)])
    }
}

/// The outcome of an order and of the wait for its result.
struct PictureOutcome: Sendable {
    var bill: PictureBill?
    var job: PictureJob?
    var error: ProviderError?
    var progress: [PictureProgress] = []
}

extension Asker {
    /// Makes a provider of pictures called `fake` at `url`.
    func settings(
        _ url: String,
        _ kind: Configuration.Provider.Kind,
        key: String? = Asker.key
    ) throws -> Configuration.Provider {
        Configuration.Provider(
            name: "fake",
            kind: kind,
            baseURL: try #require(WebURL(url)),
            apiKey: key.map { Secret($0) }
        )
    }

    func fal(_ url: String, key: String? = Asker.key) throws -> FalProvider {
        FalProvider(try settings(url, .fal, key: key), client: client, in: .quiet(FastClock()))
    }

    func pictures(_ url: String) throws -> OpenAIPictures {
        OpenAIPictures(try settings(url, .openai), client: client, in: .quiet(FastClock()))
    }

    /// Makes an order of `count` pictures of `model`.
    func order(
        _ model: String,
        count: Int = 1,
        prompt: String = "a red fox",
        change: (inout PictureRequest) -> Void = { _ in }
    ) -> PictureCall {
        var request = PictureRequest(prompt: prompt, count: count)
        change(&request)
        return PictureCall(
            request: request,
            model: model,
            user: "u-hash",
            memory: PrepaidMemory(of: budget.account(for: "ann", quota: .mebibytes(16)))
        )
    }

    /// Orders, and waits for the result of a job.
    func make(
        _ provider: any PictureProvider,
        _ call: PictureCall,
        into shelf: PictureShelf
    ) async -> PictureOutcome {
        var outcome = PictureOutcome()
        do throws(ProviderError) {
            switch try await provider.order(call, into: shelf) {
            case .made(let bill): outcome.bill = bill
            case .job(let job):
                outcome.job = job
                var told: [PictureProgress] = []
                defer { outcome.progress = told }
                outcome.bill = try await provider.result(
                    of: job,
                    memory: call.memory,
                    into: shelf
                ) { told.append($0) }
            }
        } catch { outcome.error = error }
        return outcome
    }
}

/// Runs `test` against the fake of fal on a real server, then stops the server.
@Loop func withFal(
    pace: FakeFal.Pace = FakeFal.Pace(),
    clock: any Clock = FastClock(),
    client: (any HTTPSending)? = nil,
    _ test: @Loop (_ url: String, FakeFal) async throws -> Void
) async throws {
    let fake = FakeFal(pace: pace, client: client, in: .quiet(clock))
    try await withServer(fake.handler) { url in try await test(url, fake) }
}

/// Whether bytes are those of a whole PNG.
func isPNG(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0x89, 0x50, 0x4E, 0x47])
        && bytes.suffix(8).prefix(4) == Array("IEND".utf8)[...]
}
