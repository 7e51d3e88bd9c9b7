import BerthBot
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthText
import BerthWork

/// The login with a passkey.
extension WebSite {
    /// The paths for a person who is not logged in.
    var passkeyRoutes: [Route] {
        [
            Route("POST", "/login/passkey/challenge") { request, _ in
                await self.passkey(request) {
                    let site = try request.relyingParty
                    let challenge = self.bot.passkeys.challenge(for: nil)
                    return try .encoding(RequestOptions(challenge: challenge, site: site.id))
                }
            },
            Route("POST", "/login/passkey") { request, _ in
                await self.passkey(request) { try await self.passkeyLogin(request) }
            },
        ]
    }

    /// The options with which a browser asks for a passkey.
    private struct RequestOptions: Encodable {
        let challenge: String
        let site: String
    }

    /// The words of a passkey, in base64url.
    private struct Signed: Decodable {
        let credential: String
        let client: String
        let authenticator: String
        let signature: String
    }

    private func passkey(
        _ request: HTTPRequest,
        _ answer: @Loop () async throws -> HTTPResponse
    ) async -> HTTPResponse {
        let language = request.language ?? .english
        guard hosts.allowsOrigin(request.headers) else { return HTTPResponse(.foreignOrigin) }
        guard attempts.allows(request.peer) else {
            return .error(429, Phrase(.loginTooOften).text(in: language))
        }
        do { return try await answer() } catch {
            return .failure(error, request, language, in: surroundings)
        }
    }

    private func passkeyLogin(_ request: HTTPRequest) async throws -> HTTPResponse {
        let bytes: [UInt8]
        // Nobody pays for it, so it is no larger than a form.
        do { bytes = try await request.body.collect(atMost: .kibibytes(8)) } catch {
            if case .bodyTooLarge(let limit) = error { throw BotError.bodyTooLarge(limit: limit) }
            throw BotError.body(error.description)
        }
        guard let words = try? JSON.decode(Signed.self, from: bytes) else {
            throw BotError.body("the body is not the JSON that this path takes")
        }
        let assertion = WebAuthn.Assertion(
            client: [UInt8](base64: words.client) ?? [],
            authenticator: [UInt8](base64: words.authenticator) ?? [],
            signature: [UInt8](base64: words.signature) ?? []
        )
        let cookie = try await bot.passkeys.login(
            [UInt8](base64: words.credential) ?? [],
            assertion,
            at: try request.relyingParty,
            on: BrowserName.of(request.headers["user-agent"])
        )
        guard let cookie else {
            attempts.failed(request.peer)
            let words = Phrase(.loginPasskeyUnknown).text(in: request.language ?? .english)
            return .error(403, words, code: "passkey")
        }
        return HTTPResponse(
            status: 204,
            headers: ["set-cookie": cookieField(cookie, age: WebSite.cookieAge, for: request)]
        )
    }
}
