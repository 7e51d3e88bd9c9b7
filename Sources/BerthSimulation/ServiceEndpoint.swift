import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry

/// The service under simulation as one persona reaches it.
@Loop struct ServiceEndpoint {
    /// Scheme, host and port, without a trailing slash.
    let origin: String
    let client: any HTTPSending
    let surroundings: Surroundings

    /// Sends a request and reads its answer to the end, so that the connection can be reused.
    func turn(
        _ request: HTTPClientRequest,
        by interface: Persona.Interface
    ) async -> TurnResult {
        var timer = AnswerTimer(interface, since: surroundings.clock.now)
        do {
            let response = try await client.send(request)
            guard response.status == 200 else {
                return timer.end(
                    try await ServiceEndpoint.refusal(response),
                    at: surroundings.clock.now
                )
            }
            while let piece = try await response.next() {
                try timer.take(piece, at: surroundings.clock.now)
            }
            return timer.end(.lost(.cut), at: surroundings.clock.now)
        } catch let error as HTTPClientError {
            return timer.end(Verdict(error), at: surroundings.clock.now)
        } catch {
            return timer.end(.lost(.cut), at: surroundings.clock.now)
        }
    }

    /// Sends a request whose answer is small: at most 256 KiB.
    func ask(_ request: HTTPClientRequest) async throws(HTTPClientError)
        -> (status: Int, body: [UInt8])
    {
        let response = try await client.send(request)
        return (response.status, try await response.collect(atMost: .kibibytes(256)))
    }

    private static func refusal(
        _ response: HTTPClientResponse
    ) async throws(HTTPClientError) -> Verdict {
        let body = try await response.collect(atMost: .kibibytes(256))
        return Verdict(status: response.status, body: body)
    }
}
