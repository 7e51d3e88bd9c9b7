import BerthAdmin
import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthText
import Glibc

/// Runs `berth tenant …`.
@Loop struct TenantVerb {
    let admin: AdminClient
    let json: Bool

    func run(_ action: TenantAction) async throws {
        switch action {
        case .list: try await list()
        case .show(let name): try await show(name)
        case .add(let name, let display):
            let body = ["name": name, "display": display]
            try await secrets("POST", "/admin/tenants", body, "is added")
        case .invite(let name): try await invite(name)
        case .link(let name): try await act("link", name, "has a new link")
        case .key(let name): try await act("key", name, "has a new key")
        case .keys(let name): try await keys(name)
        case .revoke(let name, let key): try await revoke(key, of: name)
        case .logins(let name): try await logins(name)
        case .logout(let name, let login): try await logout(name, login)
        case .rename(let name, let display): try await rename(name, display)
        case .suspend(let name): try await act("suspend", name, "is suspended")
        case .resume(let name): try await act("resume", name, "is active again")
        case .remove(let name, let isSure): try await remove(name, isSure: isSure)
        case .requests: try await requests()
        case .approve(let id): try await decide(id, "approve")
        case .decline(let id): try await decide(id, "decline")
        }
    }

    private func path(_ name: String) -> String { "/admin/tenants/\(name.pathSegment)" }

    private func act(_ action: String, _ name: String, _ words: String) async throws {
        try await secrets("POST", "\(path(name))/\(action)", nil, words)
    }

    /// Makes the tenant if there is none, and prints its links.
    ///
    /// The API key is not shown.
    private func invite(_ name: String?) async throws {
        let bytes = try await admin.ask("POST", "/admin/invitations", ["name": name])
        guard !json else { return Output.json(bytes) }
        let answer = try JSON.decode(InvitationReport.self, from: bytes)
        Output.text("\(answer.tenant ?? "A new tenant") is invited\n")
        for link in answer.links {
            Output.text("Chat:    \(link)\n         (works once, within 7 days)\n")
        }
        if let web = answer.web {
            Output.text("Web:     \(web)\n         (works once, within 24 hours)\n")
        }
    }

    private func requests() async throws {
        let bytes = try await admin.ask("GET", "/admin/requests")
        guard !json else { return Output.json(bytes) }
        let list = try JSON.decode(AccessRequestList.self, from: bytes)
        guard !list.requests.isEmpty else { return Output.text("Nobody asks for access\n") }
        let rows = list.requests.map { item in
            [
                "\(item.id)", item.name, "\(item.channel) \(item.person)", item.state,
                "\(Timestamp(milliseconds: item.createdMs))",
            ]
        }
        Output.table(["request", "name", "person", "state", "since"], rows)
    }

    private func decide(_ id: String, _ action: String) async throws {
        let path = "/admin/requests/\(id.pathSegment)/\(action)"
        let bytes = try await admin.ask("POST", path)
        guard !json else { return Output.json(bytes) }
        let answer = try JSON.decode(AccessDecision.self, from: bytes)
        Output.text(
            answer.tenant.map { "\(answer.name) is the tenant \($0) now\n" }
                ?? "\(answer.name) is declined\n"
        )
    }

    private func secrets(
        _ method: String,
        _ path: String,
        _ body: [String: String?]?,
        _ words: String
    ) async throws {
        let bytes = try await admin.ask(method, path, body)
        guard !json else { return Output.json(bytes) }
        let answer = try JSON.decode(TenantSecrets.self, from: bytes)
        Output.text("\(answer.tenant) \(words)\n")
        if let key = answer.key {
            Output.text("API key: \(key)\n         (shown only once)\n")
        }
        if let web = answer.web {
            Output.text("Web:     \(web)\n         (works once, within 24 hours)\n")
        }
    }

    /// Removes a tenant, after a question on a terminal.
    ///
    /// A script, which reads JSON, is not asked.
    private func remove(_ name: String, isSure: Bool) async throws {
        if !isSure, !json {
            guard isatty(STDIN_FILENO) != 0 else { throw Refusal.unasked(name) }
            let known = try await admin.ask("GET", path(name))
            let tenant = try JSON.decode(TenantInfo.self, from: known)
            let person = tenant.display.map { " (\($0))" } ?? ""
            Output.error(
                "\(tenant.tenant)\(person) is removed with all conversations, files, keys and "
                    + "logins, which cannot be undone. Type yes to go on:"
            )
            guard Self.isYes(readLine()) else { throw Refusal.declined(name) }
        }
        let bytes = try await admin.ask("DELETE", path(name))
        guard !json else { return Output.json(bytes) }
        let answer = try JSON.decode(TenantSecrets.self, from: bytes)
        let files = answer.files ?? 0
        let size = ByteCount(answer.bytes ?? 0)
        let gone = files == 0 ? "" : ", with \(files == 1 ? "1 file" : "\(files) files") of \(size)"
        Output.text("\(answer.tenant) is removed\(gone). The record of its costs is kept\n")
    }

    /// Whether a line that was typed agrees.
    static nonisolated func isYes(_ line: String?) -> Bool {
        ["yes", "y"].contains(line?.lowercased().filter { !$0.isWhitespace })
    }

    /// The reason for which a tenant is not removed.
    private enum Refusal: Error, CustomStringConvertible {
        case unasked(String)
        case declined(String)

        var description: String {
            switch self {
            case .unasked(let name):
                "'\(name)' is not removed, because nobody can be asked without a terminal: add --yes"
            case .declined(let name): "'\(name)' is not removed"
            }
        }
    }

    private func list() async throws {
        let bytes = try await admin.ask("GET", "/admin/tenants")
        guard !json else { return Output.json(bytes) }
        let rows = try JSON.decode(TenantList.self, from: bytes).tenants.map { tenant in
            [
                tenant.tenant, tenant.display ?? "", tenant.state,
                tenant.quotas["requests_per_day"] ?? "",
                tenant.quotas["tokens_per_day"] ?? "",
                "\(Timestamp(milliseconds: tenant.createdMs))",
            ]
        }
        guard !rows.isEmpty else {
            return Output.text("There is no tenant yet. Make one with: berth tenant add NAME\n")
        }
        Output.table(["tenant", "name", "state", "requests/day", "tokens/day", "since"], rows)
    }

    private func show(_ name: String) async throws {
        let bytes = try await admin.ask("GET", path(name))
        guard !json else { return Output.json(bytes) }
        let tenant = try JSON.decode(TenantInfo.self, from: bytes)
        let (keys, logins) = (tenant.keys ?? [], tenant.logins ?? [])
        let hints = keys.map(\.hint).joined(separator: ", ")
        let devices = logins.map { $0.device.isEmpty ? "unknown" : $0.device }
            .joined(separator: ", ")
        let passkeys = (tenant.passkeys ?? []).map(\.name).joined(separator: ", ")
        let people = (tenant.identities ?? []).map { "\($0.channel) \($0.person)" }
            .joined(separator: ", ")
        Output.table(
            [tenant.tenant, ""],
            [
                ["name", tenant.display ?? "not set: see 'berth tenant rename'"],
                ["number", "\(tenant.number)"], ["state", tenant.state],
                ["since", "\(Timestamp(milliseconds: tenant.createdMs))"],
                ["identities", people.isEmpty ? "none" : people],
                ["API keys", keys.isEmpty ? "none" : "\(keys.count) (\(hints))"],
                ["web logins", logins.isEmpty ? "none" : "\(logins.count) (\(devices))"],
                ["passkeys", passkeys.isEmpty ? "none" : passkeys],
                ["memory peak", "\(ByteCount(tenant.peak))"],
            ]
                + QuotaKey.allCases.map { key in
                    let used = QuotaVerb.shown(key, tenant.used?[key.rawValue])
                    let limit = QuotaVerb.shown(key, tenant.quotas[key.rawValue])
                    return [key.rawValue, "\(used) of \(limit) used"]
                }
        )
    }

    // MARK: Credentials

    private func keys(_ name: String) async throws {
        let bytes = try await admin.ask("GET", path(name) + "/keys")
        guard !json else { return Output.json(bytes) }
        let list = try JSON.decode(KeyList.self, from: bytes)
        guard !list.keys.isEmpty else {
            return Output.text(
                "\(list.tenant) has no API key. Make one with: berth tenant key \(list.tenant)\n"
            )
        }
        Output.table(["key", "since"], list.keys.map { [$0.hint, $0.since] })
    }

    private func revoke(_ key: String?, of name: String) async throws {
        let asked = Revocation(key: key, all: key == nil ? true : nil)
        let bytes = try await admin.ask("POST", path(name) + "/revoke", asked)
        guard !json else { return Output.json(bytes) }
        let answer = try JSON.decode(RevokedKeys.self, from: bytes)
        guard !answer.revoked.isEmpty else {
            return Output.text("\(answer.tenant) has no API key\n")
        }
        for key in answer.revoked {
            Output.text("\(key.hint) of \(answer.tenant), made \(key.since), is revoked\n")
        }
    }

    private struct Revocation: Encodable {
        let key: String?
        let all: Bool?
    }

    private func logins(_ name: String) async throws {
        let bytes = try await admin.ask("GET", path(name) + "/logins")
        guard !json else { return Output.json(bytes) }
        let list = try JSON.decode(LoginList.self, from: bytes)
        guard !list.logins.isEmpty else {
            return Output.text("\(list.tenant) is not logged in on the web\n")
        }
        let rows = list.logins.map { login in
            [
                login.login, login.device.isEmpty ? "unknown" : login.device,
                "\(Timestamp(milliseconds: login.createdMs))",
                "\(Timestamp(milliseconds: login.expiresMs))",
            ]
        }
        Output.table(["login", "device", "since", "expires"], rows)
    }

    private func rename(_ name: String, _ display: String?) async throws {
        let bytes = try await admin.ask("PATCH", path(name), ["display": display])
        guard !json else { return Output.json(bytes) }
        let tenant = try JSON.decode(TenantInfo.self, from: bytes)
        let shown = tenant.display.map { "is called \($0) now" } ?? "has no name of its own now"
        Output.text("\(tenant.tenant) \(shown)\n")
    }

    private func logout(_ name: String, _ login: String?) async throws {
        let bytes =
            if let login {
                try await admin.ask("DELETE", path(name) + "/logins/\(login.pathSegment)")
            } else { try await admin.ask("POST", path(name) + "/logout") }
        guard !json else { return Output.json(bytes) }
        let answer = try JSON.decode(LogoutReport.self, from: bytes)
        let logins = answer.logins == 1 ? "1 web login" : "\(answer.logins) web logins"
        Output.text("\(answer.tenant) is logged out: \(logins) ended\n")
    }
}

extension KeyInfo {
    /// The time when the key was made.
    fileprivate var since: String { "\(Timestamp(milliseconds: createdMs))" }
}
