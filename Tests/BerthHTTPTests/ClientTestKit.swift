import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthTestKit
import Testing

/// A client whose clock stands still.
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

    /// Returns the error that ends `work`, or nil if there is none.
    func failure(
        of work: @Loop () async throws(HTTPClientError) -> Void
    ) async -> HTTPClientError? {
        do { try await work() } catch { return error }
        return nil
    }

    /// Returns the error of a GET and of reading its body, or nil if both succeed.
    func failure(ofGet url: String) async -> HTTPClientError? {
        await failure { () async throws(HTTPClientError) in
            _ = try await text(get(url))
        }
    }
}

/// Runs the loop until `condition` holds, for states that depend on the network.
@Loop func turn(until condition: @escaping @Loop () -> Bool) async {
    if !(await eventually(condition)) { Issue.record("it did not come to hold") }
}

extension HTTPClientRequest {
    /// Makes a GET whose answer may be compressed.
    static func gzip(_ url: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(method: "GET", url: url)
        request.decodesBody = true
        return request
    }
}
