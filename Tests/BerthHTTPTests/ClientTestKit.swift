import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthTestKit
import Testing

/// A client on a clock that stands still, and what a test does with it.
@Loop struct ClientFixture {
    let clock = ManualClock()
    let client: HTTPClient

    init(lookup: Resolver.Lookup? = nil, maxTransfers: Int = 512) {
        client = HTTPClient(
            in: .quiet(clock),
            userAgent: "berth/test",
            maxTransfers: maxTransfers,
            resolver: lookup.map { [clock] in Resolver(in: .quiet(clock), lookup: $0) }
        )
    }

    func get(_ url: String) async throws(HTTPClientError) -> HTTPClientResponse {
        try await client.send(HTTPClientRequest(method: "GET", url: url))
    }

    func text(_ response: HTTPClientResponse) async throws(HTTPClientError) -> String {
        String(decoding: try await response.collect(atMost: .mebibytes(1)), as: UTF8.self)
    }

    /// The error that ends `work`; nil when none does.
    func failure(
        of work: @Loop () async throws(HTTPClientError) -> Void
    ) async -> HTTPClientError? {
        do { try await work() } catch { return error }
        return nil
    }

    /// The error of a GET and of the reading of its body; nil when both succeed.
    func failure(ofGet url: String) async -> HTTPClientError? {
        await failure { () async throws(HTTPClientError) in
            _ = try await text(get(url))
        }
    }
}

/// Lets the loop turn until `condition` holds: for states that the network brings about.
@Loop func turn(until condition: @escaping @Loop () -> Bool) async {
    if !(await eventually(condition)) { Issue.record("it did not come to hold") }
}

extension HTTPClientRequest {
    /// A GET that takes its answer compressed.
    static func gzip(_ url: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(method: "GET", url: url)
        request.acceptsGzip = true
        return request
    }
}
