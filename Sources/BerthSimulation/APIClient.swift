import BerthHTTP
import BerthLoop
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
}
