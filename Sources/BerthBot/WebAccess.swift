package import BerthLoop
import BerthQueue
package import BerthStore
package import BerthTelemetry
import BerthText
package import BerthWork

/// Login links, and the web logins (cookies) that they are exchanged for.
///
/// The ``TenantDirectory`` keeps the logins in memory. Each change is committed to the database
/// first.
@Loop package final class WebAccess {
    private let store: any Store
    private let tenants: TenantDirectory
    private let url: String
    private let surroundings: Surroundings

    private static nonisolated let linkLife = Duration.seconds(24 * 3600)
    /// The time for which a code for a further device is valid.
    package static nonisolated let deviceLife = Duration.seconds(120)
    /// The codes for further devices that a person may ask for in a minute.
    package static nonisolated let mostCodes = 3
    private static nonisolated let cookieLife = Duration.seconds(90 * 86400)

    /// Makes the access.
    ///
    /// `url` is the service's public URL without a slash at its end.
    package init(
        store: any Store,
        tenants: TenantDirectory,
        url: String,
        in surroundings: Surroundings
    ) {
        self.store = store
        self.tenants = tenants
        self.url = url
        self.surroundings = surroundings
    }

    /// Makes a link that logs in as `tenant` once, within a day.
    package func link(for tenant: LiveTenant) async throws(BotError) -> String {
        let token = Secret256(from: surroundings.entropy).text
        return try await link(for: tenant, token, life: WebAccess.linkLife).url
    }

    /// Makes a code and a link by which `tenant` logs in once on a further device, within
    /// ``deviceLife``.
    ///
    /// - Throws: ``BotError/tooManyCodes(perMinute:wait:)``.
    package func deviceLink(for tenant: LiveTenant) async throws(BotError) -> DeviceLink {
        let (now, most) = (surroundings.clock.now, WebAccess.mostCodes)
        var rate = tenant.newCodes ?? TokenBucket(perMinute: most, burst: most, at: now)
        let isWithin = rate.take(1, at: now)
        tenant.newCodes = rate
        guard isWithin else {
            throw .tooManyCodes(perMinute: most, wait: rate.ready(for: 1, at: now) - now)
        }
        let code = SignInCode.make(from: surroundings.entropy)
        let made = try await link(for: tenant, code, life: WebAccess.deviceLife)
        return DeviceLink(code: SignInCode.shown(code), url: made.url, expires: made.expires)
    }

    private func link(
        for tenant: LiveTenant,
        _ token: String,
        life: Duration
    ) async throws(BotError) -> (url: String, expires: Timestamp) {
        let (now, id) = (surroundings.clock.timestamp, tenant.row.id)
        try await withBotErrors { () async throws(StoreError) in
            try await store.addLink(
                for: .tenant(id),
                hash: Secret256.hash(token),
                at: now,
                expires: now + life
            )
        }
        return ("\(url)/login?token=\(token)", now + life)
    }

    /// Exchanges a link's token, or a code as a person types it, for a login.
    ///
    /// A login beyond ``Database/loginsAtMost`` ends the tenant's oldest.
    ///
    /// - Parameters:
    ///   - token: the link's token or the code.
    ///   - device: the browser and the system, "" if they are not known.
    /// - Returns: the cookie's value, or nil if the token is unknown, used or expired.
    /// - Throws: ``BotError/store(_:)``.
    package func login(token: String, on device: String = "") async throws(BotError) -> String? {
        let cookie = Secret256(from: surroundings.entropy)
        let hash = Secret256.hash(SignInCode.read(token) ?? token)
        let now = surroundings.clock.timestamp
        let login = try await withBotErrors { () async throws(StoreError) in
            try await store.useLink(
                hash,
                for: cookie.hash,
                on: device,
                at: now,
                expires: now + WebAccess.cookieLife
            )
        }
        guard let login else { return nil }
        remember(login, at: now)
        return cookie.text
    }

    /// Logs in the person of a passkey that has signed.
    ///
    /// - Returns: the cookie's value, or nil if the passkey is deleted, its count is not new, or the
    ///   tenant is suspended.
    func login(
        of passkey: Passkey,
        count: Int64,
        on device: String
    ) async throws(BotError) -> String? {
        let (cookie, now) = (Secret256(from: surroundings.entropy), surroundings.clock.timestamp)
        let login = Login(
            hash: cookie.hash,
            owner: .tenant(passkey.tenant),
            created: now,
            expires: now + WebAccess.cookieLife,
            device: device
        )
        let isMade = try await withBotErrors { () async throws(StoreError) in
            try await store.usePasskey(passkey.id, count: count, for: login, at: now)
        }
        guard isMade else { return nil }
        remember(login, at: now)
        return cookie.text
    }

    /// Adds a login in memory, and drops those that the database has dropped.
    private func remember(_ login: Login, at now: Timestamp) {
        tenants.logins.end(tenants.logins.all.filter { $0.isExpired(at: now) })
        tenants.remember(login)
        guard case .tenant(let id) = login.owner, let tenant = tenants.tenant(id) else { return }
        let own = tenants.logins.all(of: tenant)
        tenants.logins.end(own.dropLast(Database.loginsAtMost))
    }

    /// The credential of a cookie, or nil if the cookie is unknown, expired or revoked.
    ///
    /// The tenant may be suspended.
    package func credential(ofCookie cookie: String) -> Credential? {
        guard let login = tenants.logins.find(cookie) else { return nil }
        return login.isExpired(at: surroundings.clock.timestamp) ? nil : login
    }

    /// Ends the cookie's login and the requests that it admitted.
    package func logout(cookie: String) async throws(BotError) {
        let (hash, now) = (Secret256.hash(cookie), surroundings.clock.timestamp)
        try await withBotErrors { () async throws(StoreError) in
            _ = try await store.revokeLogin(hash: hash, at: now)
        }
        if let login = tenants.logins.find(cookie) { tenants.logins.end([login]) }
    }

    /// The logins of a tenant that are in force, oldest first.
    package func logins(of tenant: LiveTenant) -> [Login] {
        let now = surroundings.clock.timestamp
        return tenants.logins.all(of: tenant).filter { !$0.isExpired(at: now) }
            .compactMap(\.login)
    }

    /// The logins of a tenant that are in force, oldest first, as one of them sees them.
    package func list(of tenant: LiveTenant, for current: Credential?) -> [LoginInfo] {
        logins(of: tenant).map { LoginInfo($0, isCurrent: $0.hash == current?.hash) }
    }

    /// The name of a login in lists, which reveals nothing of its cookie.
    package static nonisolated func hint(of login: Login) -> String {
        login.hash.hex.cut(toBytes: 8)
    }

    /// Ends the web login of a tenant with that hint, and the requests that it admitted.
    ///
    /// - Throws: ``BotError/badValue(_:)`` if the tenant has no such login.
    package func logout(_ tenant: LiveTenant, login hint: String) async throws(BotError) {
        guard let found = find(hint, of: tenant) else {
            throw .badValue(
                "'\(tenant.name)' has no such login: see 'berth tenant logins \(tenant.name)'"
            )
        }
        try await end(found)
    }

    /// Ends another login of the person who asks by the login `current`, and the requests that it
    /// admitted.
    ///
    /// - Throws: ``BotError/account(_:)`` if the tenant has no such login, or if it is `current`, whose
    ///   own answer would be cut off.
    package func end(
        _ hint: String,
        of tenant: LiveTenant,
        for current: Credential?
    ) async throws(BotError) {
        guard let found = find(hint, of: tenant) else {
            throw .account(.noLogin)
        }
        guard found !== current else {
            throw .account(.ownLogin)
        }
        try await end(found)
    }

    private func find(_ hint: String, of tenant: LiveTenant) -> Credential? {
        tenants.logins.all(of: tenant).first {
            $0.login.map { WebAccess.hint(of: $0).hasBytes(of: hint) } ?? false
        }
    }

    private func end(_ found: Credential) async throws(BotError) {
        let (hash, now) = (found.hash, surroundings.clock.timestamp)
        try await withBotErrors { () async throws(StoreError) in
            _ = try await store.revokeLogin(hash: hash, at: now)
        }
        tenants.logins.end([found])
    }

    /// Ends all web logins of a tenant, the requests that they admitted, and its unused links.
    ///
    /// - Returns: the number of logins that were in force.
    package func logout(_ tenant: LiveTenant) async throws(BotError) -> Int {
        let (now, id) = (surroundings.clock.timestamp, tenant.row.id)
        let count = try await withBotErrors { () async throws(StoreError) in
            try await store.revokeLogins(of: .tenant(id), at: now)
        }
        tenants.logins.end(tenants.logins.all(of: tenant))
        return count
    }
}
