import BerthBot
import BerthHTTP
import BerthLoop
import BerthStore
import BerthText
import BerthWork

/// The passkeys of a person who is logged in.
extension WebChannel {
    /// The paths of the passkeys.
    var passkeyRoutes: [Route] {
        [
            route("GET", "/passkeys") { _, tenant, _ in
                try .encoding(PasskeyList(passkeys: try await self.bot.passkeys.list(of: tenant)))
            },
            route("POST", "/passkeys/challenge") { request, tenant, _ in
                let site = try request.relyingParty
                let passkeys = self.bot.passkeys
                return try .encoding(
                    CreationOptions(
                        challenge: passkeys.challenge(for: tenant),
                        site: site.id,
                        user: Array(tenant.providerUser.utf8).base64url,
                        name: tenant.name,
                        displayName: tenant.displayName,
                        algorithms: SigningKey.algorithms,
                        known: try await passkeys.credentials(of: tenant)
                    )
                )
            },
            route("POST", "/passkeys") { request, tenant, _ in
                let site = try request.relyingParty
                let (words, _) = try await self.body(NewPasskey.self, request, tenant)
                let made = try await self.bot.passkeys.register(
                    client: [UInt8](base64: words.client) ?? [],
                    attestation: [UInt8](base64: words.attestation) ?? [],
                    named: words.name,
                    for: tenant,
                    at: site
                )
                return try .encoding(made, status: 201)
            },
            route("PATCH", "/passkeys/:id") { request, tenant, values in
                let (change, _) = try await self.body(NewName.self, request, tenant)
                try await self.bot.passkeys.rename(values[0], change.name, by: tenant)
                return HTTPResponse(status: 204)
            },
            route("DELETE", "/passkeys/:id") { _, tenant, values in
                try await self.bot.passkeys.delete(values[0], by: tenant)
                return HTTPResponse(status: 204)
            },
        ]
    }

    private struct PasskeyList: Encodable {
        let passkeys: [PasskeyInfo]
    }

    /// The options with which a browser makes a passkey, with bytes in base64url.
    private struct CreationOptions: Encodable {
        let challenge: String
        let site: String
        let user: String
        let name: String
        let displayName: String
        let algorithms: [Int]
        let known: [String]
    }

    private struct NewPasskey: Decodable, Sendable {
        let client: String
        let attestation: String
        let name: String
    }

    private struct NewName: Decodable, Sendable {
        let name: String
    }
}

extension HTTPRequest {
    /// The site of the page that sent a request, whose origin was checked.
    ///
    /// - Throws: ``BotError/body(_:)`` for a page at an address.
    var relyingParty: RelyingParty {
        get throws(BotError) {
            guard let site = RelyingParty(origin: headers["origin"] ?? "") else {
                throw .body(
                    "passkeys need an address with a name, such as https://chat.example.org"
                )
            }
            return site
        }
    }
}
