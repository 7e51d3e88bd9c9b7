import BerthBot
import BerthHTTP
import BerthStore
import BerthText
import BerthWork

/// Invitations, and the people who ask for access.
extension AdminAPI {
    var peopleRoutes: [Route] {
        [
            route("POST", "/admin/invitations") { request, _ in try await self.invite(request) },
            route("GET", "/admin/requests") { _, _ in
                AccessRequestList(try await self.bot.people.requests())
            },
            route("POST", "/admin/requests/:id/:action") { _, values in
                try await self.decide(values[0], values[1])
            },
        ]
    }

    private struct NewInvitation: Decodable { let name: String? }

    /// Makes the tenant if it is named and there is none, and links for it or for a new one.
    private func invite(_ request: HTTPRequest) async throws -> InvitationReport {
        let asked = try await body(NewInvitation.self, request)
        guard let name = asked.name else {
            guard bot.people.canInvite else {
                throw BotError.badValue(
                    "an invitation without a name is for a messenger, and no bot of one is ready: "
                        + "configure 'telegram', or name the new tenant: berth tenant invite NAME"
                )
            }
            let invitation = try await bot.people.invite(nil)
            return InvitationReport(tenant: nil, web: nil, links: invitation.links)
        }
        let tenant: LiveTenant
        if let known = try? bot.tenants.named(name) {
            tenant = known
        } else {
            tenant = try await bot.tenants.add(name).0
        }
        let links = bot.people.canInvite ? try await bot.people.invite(tenant).links : []
        let web = try await bot.access.link(for: tenant)
        return InvitationReport(tenant: tenant.name, web: web, links: links)
    }

    private func decide(_ id: String, _ action: String) async throws -> AccessDecision {
        guard let number = Int64(id), number > 0, ["approve", "decline"].contains(action) else {
            throw BotError.badValue("'\(id.shortened(toBytes: 32))' is no number of a request")
        }
        let decided = try await bot.people.decide(RowID(number), approves: action == "approve")
        guard let (request, tenant) = decided else {
            throw BotError.badValue(
                "there is no request \(number) that waits: see 'berth tenant requests'"
            )
        }
        return AccessDecision(id: number, name: request.name, tenant: tenant?.name)
    }
}
