import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthText

/// The reports of fal about jobs that have ended, which wake the waits for them.
///
/// A report has a signature, and what it says is not used: the wait asks for the status. A repeated
/// report therefore does nothing.
///
/// Source: <https://docs.fal.ai/model-apis/model-endpoints/webhooks>, as of 2026-11.
@Loop final class FalHooks {
    /// The address of the reports.
    let url: String
    private let path: String
    private let keys: FalKeys
    private let clock: any Clock
    private var waits: [String: Wait] = [:]

    /// The wait for a job.
    private struct Wait {
        let bell = Wakeup()
        var isReported = false
    }

    /// The largest difference of a report's time to the service's.
    private static nonisolated let mostSkew: Int64 = 300
    /// The most bytes of a report, which has the job's result.
    private static nonisolated let mostBody = ByteCount.mebibytes(2)

    /// Makes the reports' side, or nil if fal could not reach `url`.
    init?(
        _ settings: Configuration.Provider,
        _ url: WebURL,
        _ client: any HTTPSending,
        in surroundings: Surroundings
    ) {
        guard url.isSecure, !url.isLoopback else { return nil }
        path = "/fal/\(settings.name)"
        self.url = "\(url)\(path)"
        keys = FalKeys(settings, client, surroundings.clock)
        clock = surroundings.clock
    }

    /// A wait for a job begins.
    func begin(_ id: String) { waits[id] = Wait() }

    /// The wait for a job ends.
    func end(_ id: String) { waits[id] = nil }

    /// Waits for the report about a job, for its first report only, at most for `limit`.
    func wait(for id: String, atMost limit: Duration) async {
        guard let bell = waits[id]?.bell else { return }
        let timer = clock.schedule(after: limit) { bell.signal() }
        defer { timer.cancel() }
        try? await bell.wait()  // the caller looks whether it was cancelled
    }

    /// The route of the reports.
    var route: Route {
        Route("POST", path) { request, _ in await self.receive(request) }
    }

    private func receive(_ request: HTTPRequest) async -> HTTPResponse {
        let fields = request.headers
        guard let id = fields["x-fal-webhook-request-id"],
            let user = fields["x-fal-webhook-user-id"],
            let time = fields["x-fal-webhook-timestamp"],
            let signature = fields["x-fal-webhook-signature"].flatMap({ [UInt8](hex: $0) }),
            signature.count == 64
        else { return .error(400, "The report has no signature.") }
        guard waits[id]?.isReported == false else { return .json(Array("{}".utf8)) }
        guard isRecent(time) else { return .error(401, "The report is not of this time.") }
        guard let hash = await FalHooks.hash(of: request.body) else {
            return .error(413, "The report is too large.")
        }
        let message = Array([id, user, time, hash.hex].joined(separator: "\n").utf8)
        guard await keys.verify(signature, of: message) else {
            return .error(401, "The report's signature is not valid.")
        }
        waits[id]?.isReported = true
        waits[id]?.bell.signal()
        return .json(Array("{}".utf8))
    }

    private func isRecent(_ time: String) -> Bool {
        guard time.utf8.count <= 12, let seconds = Int64(time) else { return false }
        let (skew, overflow) = seconds.subtractingReportingOverflow(
            clock.timestamp.milliseconds / 1000
        )
        return !overflow && skew.magnitude <= FalHooks.mostSkew
    }

    /// The SHA-256 of a body, which is not kept; nil if it is too large or broke off.
    private static func hash(of body: HTTPBody) async -> [UInt8]? {
        let hash = RunningHash()
        var count = 0
        do {
            while let piece = try await body.next() {
                count += piece.count
                guard count <= mostBody.bytes else { return nil }
                hash.update(piece[...])
            }
        } catch { return nil }
        return hash.finish()
    }
}
