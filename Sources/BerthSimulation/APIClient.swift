import BerthHTTP
import BerthLoop
import BerthTelemetry
import BerthText

/// A persona that uses the OpenAI-compatible API with a key.
///
/// Every question is one streamed request.
@Loop final class APIClient: PersonaClient {
    private let service: ServiceEndpoint
    private let headers: HTTPHeaders

    init(_ service: ServiceEndpoint, _ credentials: PersonaCredentials) {
        self.service = service
        headers = [
            "authorization": "Bearer \(credentials.key)", "content-type": "application/json",
        ]
    }

    /// Checks the key once, so that a wrong URL fails here instead of at every question.
    func signIn() async throws {
        let request = HTTPClientRequest(
            method: "GET",
            url: "\(service.origin)/v1/models",
            headers: headers
        )
        let (status, _) = try await service.ask(request)
        guard status == 200 else {
            throw SignInError(
                description: "\(service.origin) rejects the key of a tenant that was just created "
                    + "(status \(status)): pass that service's own configuration with --config"
            )
        }
    }

    func ask(_ turn: PlannedTurn) async -> TurnResult {
        if turn.isPicture { return await draw(turn) }
        let text = String(decoding: JSON.quote(turn.text), as: UTF8.self)
        let body =
            #"{"model":"berth","stream":true,"messages":[{"role":"user","content":\#(text)}]}"#
        let request = HTTPClientRequest(
            url: "\(service.origin)/v1/chat/completions",
            headers: headers,
            body: Array(body.utf8)
        )
        return await service.turn(request, by: .api)
    }

    /// Asks for a picture, which is answered with a link, and loads it.
    private func draw(_ turn: PlannedTurn) async -> TurnResult {
        let begun = service.surroundings.clock.now
        let text = String(decoding: JSON.quote(turn.text), as: UTF8.self)
        let request = HTTPClientRequest(
            url: "\(service.origin)/v1/images/generations",
            headers: headers,
            body: Array(#"{"model":"berth","prompt":\#(text)}"#.utf8)
        )
        let verdict: Verdict
        do throws(HTTPClientError) { verdict = try await load(request) } catch {
            verdict = Verdict(error)
        }
        return TurnResult(verdict: verdict, full: service.surroundings.clock.now - begun)
    }

    private func load(_ request: HTTPClientRequest) async throws(HTTPClientError) -> Verdict {
        let (status, body) = try await service.ask(request)
        guard status == 200 else { return Verdict(status: status, body: body) }
        guard let answer = try? JSONObject(body),
            let first = answer.elements("data")?.first.flatMap({ answer.object(at: $0) }),
            let link = first.string("url")
        else { return .lost(.wordless) }
        let response = try await service.client.send(HTTPClientRequest(method: "GET", url: link))
        var size = 0
        while let piece = try await response.next() { size += piece.count }
        guard response.status == 200 else { return Verdict(status: response.status, body: []) }
        return size > 0 ? .answered : .lost(.empty)
    }
}
