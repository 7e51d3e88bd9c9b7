import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthText

/// A persona that uses the web chat.
///
/// It logs in once and sends its session cookie from then on.
@Loop final class WebClient: PersonaClient {
    private let service: ServiceEndpoint
    private let credentials: PersonaCredentials
    private let source: IPAddress?
    private var headers: HTTPHeaders
    private var conversation: String?

    /// The maximum number of login attempts, 7 s apart.
    ///
    /// The service accepts ten a minute from one address.
    private static nonisolated let mostTries = 200

    /// Makes a client that logs in from `source`, an address of this machine, or from the address
    /// that the kernel chooses if `source` is nil.
    init(_ service: ServiceEndpoint, _ credentials: PersonaCredentials, from source: IPAddress?) {
        self.service = service
        self.credentials = credentials
        self.source = source
        headers = ["origin": service.origin, "content-type": "application/json"]
    }

    func signIn() async throws {
        for _ in 0..<WebClient.mostTries {
            var request = HTTPClientRequest(
                url: "\(service.origin)/login",
                headers: [
                    "origin": service.origin,
                    "content-type": "application/x-www-form-urlencoded",
                ],
                body: Array("token=\(credentials.token)".utf8)
            )
            request.source = source
            let response = try await service.client.send(request)
            _ = try await response.collect(atMost: .kibibytes(256))
            if response.status == 429 {
                try await service.surroundings.clock.sleep(for: .seconds(7))
                continue
            }
            guard response.status == 303, let cookie = response.headers["set-cookie"] else {
                throw SignInError(
                    description: "\(service.origin) rejects a login link that was just created "
                        + "(status \(response.status)): pass that service's own configuration with "
                        + "--config"
                )
            }
            headers["cookie"] = String(cookie.prefix { $0 != ";" })
            return
        }
        throw SignInError(
            description: "\(service.origin) accepts no more logins: try again in a minute"
        )
    }

    func ask(_ turn: PlannedTurn) async -> TurnResult {
        let begun = service.surroundings.clock.now
        let place: String
        do throws(HTTPClientError) {
            // A repeated question starts a conversation, because a history would change its cache
            // key.
            if turn.isRepeated || conversation == nil {
                if let verdict = try await begin() {
                    return TurnResult(
                        verdict: verdict,
                        full: service.surroundings.clock.now - begun
                    )
                }
            }
            place = conversation ?? ""
        } catch {
            return TurnResult(verdict: Verdict(error), full: service.surroundings.clock.now - begun)
        }
        let text = turn.isPicture ? "/image \(turn.text)" : turn.text
        let body = Array(#"{"text":"#.utf8) + JSON.quote(text) + Array("}".utf8)
        return await service.turn(
            request("POST", "/web/sessions/\(place)/turns", body),
            by: .web
        )
    }

    /// Replaces the current conversation by a new one.
    ///
    /// The number of conversations a tenant may have is bounded, so the old one is deleted first.
    ///
    /// - Returns: nil on success, otherwise the verdict on the turn.
    private func begin() async throws(HTTPClientError) -> Verdict? {
        if let last = conversation {
            conversation = nil
            // A failed deletion is ignored, because it loses no answer.
            _ = try await service.ask(request("DELETE", "/web/sessions/\(last)"))
        }
        let (status, body) = try await service.ask(
            request("POST", "/web/sessions", Array("{}".utf8))
        )
        guard status == 201, let id = (try? JSONObject(body))?.string("id") else {
            return Verdict(status: status, body: body)
        }
        conversation = id
        return nil
    }

    private func request(_ method: String, _ path: String, _ body: [UInt8] = [])
        -> HTTPClientRequest
    {
        HTTPClientRequest(
            method: method,
            url: service.origin + path,
            headers: headers,
            body: body
        )
    }
}
