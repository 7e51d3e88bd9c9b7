import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry

/// What lets a persona in.
package struct Admission: Sendable {
    /// An API key.
    package let key: String
    /// The token of a login link that was not used.
    package let token: String

    /// Makes an admission.
    package init(key: String, token: String) {
        self.key = key
        self.token = token
    }
}

/// A door of the service that could not be passed.
package struct EntryError: Error, CustomStringConvertible {
    package let description: String
}

/// One user's way to the service, with connections of its own.
@Loop protocol Visit: Sendable {
    /// Comes in.
    func enter() async throws
    /// Asks and listens to the end.
    func ask(_ turn: PlannedTurn) async -> TurnResult
}

/// What both ways have in common: a service, a client and a clock.
@Loop struct Line {
    /// Scheme, host and port, without a slash at the end.
    let origin: String
    let client: HTTPClient
    let surroundings: Surroundings

    /// Sends a request and reads its answer to the end, which leaves the connection to the next.
    func turn(_ request: HTTPClientRequest, by door: Persona.Door) async -> TurnResult {
        var hearing = Hearing(door, since: surroundings.clock.now)
        do {
            let response = try await client.send(request)
            guard response.status == 200 else {
                return hearing.end(try await Line.refusal(response), at: surroundings.clock.now)
            }
            while let piece = try await response.next() {
                try hearing.take(piece, at: surroundings.clock.now)
            }
            return hearing.end(.lost(.cut), at: surroundings.clock.now)
        } catch let error as HTTPClientError {
            return hearing.end(Verdict(error), at: surroundings.clock.now)
        } catch {
            return hearing.end(.lost(.cut), at: surroundings.clock.now)
        }
    }

    /// Sends a request that has one small answer.
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
