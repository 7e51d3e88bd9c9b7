import BerthBot
import BerthHTTP
import BerthLoop
import BerthStore
import BerthTelemetry
import BerthWork

/// A person's name, logins and further devices.
extension WebChannel {
    /// The paths of the page's account dialogue.
    var accessRoutes: [Route] {
        [
            route("PATCH", "/me") { request, tenant, _ in
                let (change, _) = try await self.body(NameChange.self, request, tenant)
                let name = change.name
                try await self.bot.tenants.display(name.isEmpty ? nil : name, for: tenant)
                return HTTPResponse(status: 204)
            },
            route("GET", "/logins") { request, tenant, _ in
                let current = try self.authenticate(request)
                let logins = self.bot.access.list(of: tenant, for: current)
                return try .encoding(LoginList(tenant: tenant.name, logins: logins))
            },
            route("DELETE", "/logins/:login") { request, tenant, values in
                let current = try self.authenticate(request)
                try await self.bot.access.end(values[0], of: tenant, for: current)
                return HTTPResponse(status: 204)
            },
            route("POST", "/devices") { _, tenant, _ in
                let link = try await self.bot.access.deviceLink(for: tenant)
                return try .encoding(await self.invitation(link), status: 201)
            },
        ]
    }

    private func invitation(_ link: DeviceLink) async -> DeviceInvitation {
        let drawing = await QRCode.drawing(link.url)
        if drawing == nil {
            surroundings.log.warning(
                "no QR code was drawn: install libqrencode with apt install libqrencode4",
                [:]
            )
        }
        return DeviceInvitation(
            code: link.code,
            url: link.url,
            expires: link.expires,
            life: WebAccess.deviceLife.components.seconds,
            qr: drawing
        )
    }

    private struct NameChange: Decodable, Sendable {
        /// The new name, or a blank one for none.
        let name: String
    }

    /// A code for a further device, and its link as a QR code if libqrencode is installed.
    private struct DeviceInvitation: Encodable {
        let code: String
        let url: String
        let expires: Timestamp
        /// The time for which it is shown, in seconds.
        let life: Int64
        let qr: QRCode?

        private enum CodingKeys: String, CodingKey {
            case code, url, qr
            case expires = "expires_ms"
            case life = "life_s"
        }
    }
}
