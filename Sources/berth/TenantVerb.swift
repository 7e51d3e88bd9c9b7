import BerthAdmin
import BerthHTTP
import BerthLoop
import BerthText

/// `berth tenant …`.
@Loop struct TenantVerb {
    private let admin: AdminClient
    private let json: Bool

    init(_ admin: AdminClient, json: Bool) {
        self.admin = admin
        self.json = json
    }

    func run(_ action: TenantAction) async throws {
        switch action {
        case .list: try await list()
        case .show(let name): try await show(name)
        case .add(let name): try await secrets("POST", "/admin/tenants", ["name": name], "added")
        case .invite(let name): try await invite(name)
        case .link(let name): try await act("link", name, "has a new link")
        case .key(let name): try await act("key", name, "has a new key")
        case .suspend(let name): try await act("suspend", name, "is suspended")
        case .resume(let name): try await act("resume", name, "is active again")
        case .remove(let name):
            try await secrets("DELETE", path(name), nil, "is removed; the ledger of costs stays")
        }
    }

    private func path(_ name: String) -> String { "/admin/tenants/\(name.pathSegment)" }

    private func act(_ action: String, _ name: String, _ words: String) async throws {
        try await secrets("POST", "\(path(name))/\(action)", nil, words)
    }

    /// Makes the tenant where there is none, and prints a login link alone: the key stays unshown.
    private func invite(_ name: String?) async throws {
        guard let name else {
            throw AdminClient.Failure.refused(
                "an invitation needs the new tenant's name until there is Telegram: "
                    + "berth tenant invite NAME"
            )
        }
        let tenants = try JSON.decode(
            TenantList.self,
            from: await admin.ask("GET", "/admin/tenants")
        )
        if !tenants.tenants.contains(where: { $0.tenant == name }) {
            _ = try await admin.ask("POST", "/admin/tenants", ["name": name])
        }
        try await act("link", name, "is invited")
    }

    private func secrets(
        _ method: String,
        _ path: String,
        _ body: [String: String]?,
        _ words: String
    ) async throws {
        let bytes = try await admin.ask(method, path, body)
        guard !json else { return Output.json(bytes) }
        let answer = try JSON.decode(TenantSecrets.self, from: bytes)
        Output.text("\(answer.tenant) \(words)\n")
        if let key = answer.key {
            Output.text("API key: \(key)\n         (it is shown this once)\n")
        }
        if let web = answer.web {
            Output.text("Web:     \(web)\n         (it works once, within 24 hours)\n")
        }
    }

    private func list() async throws {
        let bytes = try await admin.ask("GET", "/admin/tenants")
        guard !json else { return Output.json(bytes) }
        let rows = try JSON.decode(TenantList.self, from: bytes).tenants.map { tenant in
            [
                tenant.tenant, tenant.state, tenant.quotas["requests_per_day"] ?? "",
                tenant.quotas["tokens_per_day"] ?? "",
                "\(Timestamp(milliseconds: tenant.createdMs))",
            ]
        }
        guard !rows.isEmpty else {
            return Output.text("There is no tenant yet: berth tenant add NAME\n")
        }
        Output.table(["tenant", "state", "requests/day", "tokens/day", "since"], rows)
    }

    private func show(_ name: String) async throws {
        let bytes = try await admin.ask("GET", path(name))
        guard !json else { return Output.json(bytes) }
        let tenant = try JSON.decode(TenantInfo.self, from: bytes)
        Output.table(
            [tenant.tenant, ""],
            [
                ["state", tenant.state], ["since", "\(Timestamp(milliseconds: tenant.createdMs))"],
                ["held", "\(tenant.held) B"], ["peak", "\(tenant.peak) B"],
            ] + tenant.quotas.sorted { $0.key < $1.key }.map { [$0.key, $0.value] }
        )
    }
}
