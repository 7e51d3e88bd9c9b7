package import BerthConfig
package import BerthLoop
package import BerthMemory
package import BerthStore
package import BerthTelemetry
package import BerthText
package import BerthWork

/// All tenants, their API keys and their web logins, in memory.
///
/// Authenticating a request reads no database.
///
/// Every change is committed to the database before it is made here.
@Loop package final class TenantDirectory {
    private let store: any Store
    private let budget: MemoryBudget
    private let defaults: Quotas
    /// The most tenants.
    let limit: Int
    private let surroundings: Surroundings
    private var byName: [String: LiveTenant] = [:]
    private var keys = CredentialIndex()
    /// The logins, which ``WebAccess`` makes and ends.
    var logins = CredentialIndex()
    private var byID: [Tenant.ID: LiveTenant] = [:]
    /// Tenants that are being written down.
    private var adding = 0
    /// The names of tenants that the store is making.
    private var joining: Set<String> = []

    /// Makes an empty directory of at most `limit` tenants, which ``load()`` fills.
    ///
    /// `defaults` are the quotas of a tenant without quotas of its own.
    package init(
        store: any Store,
        budget: MemoryBudget,
        defaults: Quotas,
        limit: Int,
        in surroundings: Surroundings
    ) {
        self.store = store
        self.budget = budget
        self.defaults = defaults
        self.limit = limit
        self.surroundings = surroundings
    }

    /// Reads the tenants, their keys and logins, and their usage.
    ///
    /// It is called once, at the start, when no call is open.
    package func load() async throws(BotError) {
        let (now, month) = (surroundings.clock.timestamp, surroundings.clock.month)
        let (tenants, keys, logins, days, spent) = try await withBotErrors {
            () async throws(StoreError) in
            (
                try await store.tenants(), try await store.keys(),
                try await store.logins(at: now),
                // A date that went back a little at a kill may have booked tomorrow already.
                try await store.usage(from: now, through: now.endOfDay),
                try await store.spend(since: month.start)
            )
        }
        for tenant in tenants {
            let day = days.last { $0.tenant == tenant.id }
            let today = day.map { $0.settled + $0.reserved } ?? Amounts()
            let thisMonth = Amounts((.micros, spent[tenant.id] ?? 0))
            let latest = max(now, day?.day ?? now)
            let book = TenantBook(today: today, thisMonth: thisMonth, at: latest, in: month)
            remember(tenant, book)
        }
        for key in keys { remember(key) }
        for login in logins { remember(login) }
    }

    /// All tenants, by name.
    package var all: [LiveTenant] { byName.values.sorted { $0.name < $1.name } }

    /// The tenant called `name`.
    package func named(_ name: String) throws(BotError) -> LiveTenant {
        guard let tenant = byName[name] else { throw .noTenant(name) }
        return tenant
    }

    /// The tenant with a row's id, or nil if it was removed.
    package func tenant(_ id: Tenant.ID) -> LiveTenant? { byID[id] }

    /// The credential of an API key, or nil if the key is unknown or revoked.
    ///
    /// The tenant may be suspended.
    package func credential(ofKey key: String) -> Credential? { keys.find(key) }

    /// A tenant's API keys, oldest first.
    package func keys(of tenant: LiveTenant) -> [APIKey] {
        keys.all(of: tenant).compactMap(\.apiKey)
    }

    // MARK: Changes

    /// The prefix of every API key, by which scanners recognise a leaked one.
    package static nonisolated let keyPrefix = "berth-"

    /// Makes a tenant with its first API key.
    ///
    /// - Returns: the tenant and the key, which is shown only once.
    package func add(
        _ name: String,
        display: String? = nil
    ) async throws(BotError) -> (LiveTenant, Secret256) {
        if let display { try TenantDirectory.checkDisplay(display) }
        guard TenantDirectory.isName(name) else { throw .badName(name) }
        guard hasRoom else { throw .tooManyTenants(limit: limit) }
        adding += 1
        defer { adding -= 1 }
        let (now, secret) = (
            surroundings.clock.timestamp,
            Secret256(prefix: TenantDirectory.keyPrefix, from: surroundings.entropy)
        )
        let (tenant, key) = try await withBotErrors { () async throws(StoreError) in
            try await store.addTenant(named: name, key: TenantDirectory.draft(secret), at: now)
        }
        let live = remember(tenant, TenantBook(at: now, in: surroundings.clock.month))
        remember(key)
        if let display { try await self.display(display, for: live) }
        return (live, secret)
    }

    /// Whether there may be another tenant.
    var hasRoom: Bool { byName.keys.count { TenantDirectory.isName($0) } + adding < limit }

    /// Has the store make a tenant under a free name, which no one else gets meanwhile.
    ///
    /// - Parameters:
    ///   - text: the person's own name, of which the tenant's name is made.
    ///   - make: makes the row. It may return that of a tenant who is known, or nil for none.
    /// - Returns: the tenant, or nil if none was made.
    /// - Throws: the error of `make`.
    func join(
        like text: String,
        _ make: (_ name: String) async throws(BotError) -> Tenant?
    ) async throws(BotError) -> LiveTenant? {
        guard let row = try await made(freeName(like: text), make) else { return nil }
        if let known = tenant(row.id) { return known }
        surroundings.log.info("a person became a tenant", ["tenant": .text(row.name)])
        let clock = surroundings.clock
        let joined = remember(row, TenantBook(at: clock.timestamp, in: clock.month))
        // The person is a tenant, with a name or without.
        let own = HarmlessText.line(text).cut(toBytes: TenantDirectory.longestDisplay)
        try? await display(own, for: joined)
        return joined
    }

    /// Has a row made, and holds its name and room until then.
    private func made(
        _ name: String,
        _ make: (_ name: String) async throws(BotError) -> Tenant?
    ) async throws(BotError) -> Tenant? {
        joining.insert(name)
        adding += 1
        defer { (_, adding) = (joining.remove(name), adding - 1) }
        return try await make(name)
    }

    /// A name that no tenant has or is about to have, made of a person's own name.
    private func freeName(like text: String) -> String {
        let letters = text.lowercased().utf8.filter {
            0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 || "-_.".utf8.contains($0)
        }
        let plain = String(decoding: letters, as: UTF8.self).cut(toBytes: 24)
        let name = TenantDirectory.isName(plain) ? plain : "person"
        func isFree(_ name: String) -> Bool { byName[name] == nil && !joining.contains(name) }
        guard !isFree(name) else { return name }
        // There are at most as many names as tenants.
        return (2...byName.count + joining.count + 2).lazy.map { "\(name)-\($0)" }
            .first(where: isFree) ?? name
    }

    /// A tenant for Berth's own work, which has no key and hardly any limit.
    ///
    /// It is made when it is asked for first. `name` has parentheses, so that no person can have it.
    package func reserved(_ name: String) async throws(BotError) -> LiveTenant {
        if let known = byName[name] { return known }
        let now = surroundings.clock.timestamp
        let row = try await withBotErrors { () async throws(StoreError) in
            _ = try await store.addTenant(named: name, at: now)
            guard let made = try await store.tenants().first(where: { $0.name == name }) else {
                throw .notFound(what: "tenant '\(name)'")
            }
            return try await store.changeQuotas(of: made.id) { quotas in
                (quotas.requestsPerDay, quotas.tokensPerDay) = (1_000_000, 1_000_000_000)
                quotas.spendPerMonthMicros = 1_000_000_000_000
            }
        }
        return byName[name] ?? remember(row, TenantBook(at: now, in: surroundings.clock.month))
    }

    /// Gives a tenant one more API key, which is shown only once.
    package func addKey(to tenant: LiveTenant) async throws(BotError) -> Secret256 {
        let (now, id) = (surroundings.clock.timestamp, tenant.row.id)
        let secret = Secret256(prefix: TenantDirectory.keyPrefix, from: surroundings.entropy)
        let key = try await withBotErrors { () async throws(StoreError) in
            try await store.addKey(TenantDirectory.draft(secret), for: id, at: now)
        }
        remember(key)
        return secret
    }

    /// Revokes one API key and ends the requests that it admitted.
    ///
    /// - Parameters:
    ///   - text: the key's hint, with or without ``keyPrefix``, or the whole key.
    ///   - tenant: the key's tenant.
    /// - Returns: the key.
    /// - Throws: ``BotError/badValue(_:)`` if no key of the tenant matches, or more than one.
    package func revoke(
        _ text: String,
        of tenant: LiveTenant
    ) async throws(BotError) -> APIKey {
        let credential = try ownKey(text, of: tenant)
        guard let key = credential.apiKey else { throw TenantDirectory.noKey(of: tenant) }
        let (now, id) = (surroundings.clock.timestamp, key.id)
        try await withBotErrors { () async throws(StoreError) in
            try await store.revokeKey(id, at: now)
        }
        keys.end([credential])
        return key
    }

    /// Revokes all API keys of a tenant and ends the requests that they admitted.
    ///
    /// - Returns: the keys, oldest first.
    package func revokeKeys(of tenant: LiveTenant) async throws(BotError) -> [APIKey] {
        let (now, id) = (surroundings.clock.timestamp, tenant.row.id)
        _ = try await withBotErrors { () async throws(StoreError) in
            try await store.revokeKeys(of: id, at: now)
        }
        let revoked = keys.all(of: tenant)
        keys.end(revoked)
        return revoked.compactMap(\.apiKey)
    }

    /// The tenant's key that `text` names.
    ///
    /// Errors never repeat `text`, which may be a secret.
    private func ownKey(
        _ text: String,
        of tenant: LiveTenant
    ) throws(BotError) -> Credential {
        if let whole = keys.find(text), whole.tenant === tenant { return whole }
        let prefix = TenantDirectory.keyPrefix
        let hint = text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
        let found = keys.all(of: tenant).filter { $0.apiKey?.hint == hint }
        guard let first = found.first else { throw TenantDirectory.noKey(of: tenant) }
        guard found.count == 1 else {
            throw .badValue(
                "\(found.count) keys of '\(tenant.name)' have this hint: give the whole "
                    + "key, or revoke all keys with --all"
            )
        }
        return first
    }

    private static func noKey(of tenant: LiveTenant) -> BotError {
        .badValue(
            "'\(tenant.name)' has no such key: see 'berth tenant keys \(tenant.name)'"
        )
    }

    /// Suspends, resumes or removes a tenant.
    ///
    /// Removing it ends the requests of its credentials.
    package func set(_ state: Tenant.State, of tenant: LiveTenant) async throws(BotError) {
        let id = tenant.row.id
        let row = try await withBotErrors { () async throws(StoreError) in
            switch state {
            case .active: try await store.resumeTenant(id)
            case .suspended: try await store.suspendTenant(id)
            case .removed: try await store.removeTenant(id)
            }
        }
        tenant.update(row)
        if state == .removed { forget(tenant) }
    }

    /// Changes a tenant's own quotas, as the database has them.
    ///
    /// Simultaneous changes are all kept.
    package func changeQuotas(
        of tenant: LiveTenant,
        _ change: @escaping @Sendable (inout TenantQuotas) -> Void
    ) async throws(BotError) {
        let id = tenant.row.id
        let row = try await withBotErrors { () async throws(StoreError) in
            try await store.changeQuotas(of: id, change)
        }
        tenant.update(row)
    }

    /// The longest name of a person, in bytes.
    private static nonisolated let longestDisplay = 128

    /// Sets the name by which the page greets a person and lists show it, or forgets it if it is
    /// nil.
    ///
    /// - Throws: ``BotError/badValue(_:)`` for a name that is blank, too long or of several lines.
    package func display(_ name: String?, for tenant: LiveTenant) async throws(BotError) {
        if let name { try TenantDirectory.checkDisplay(name) }
        let id = tenant.row.id
        let row = try await withBotErrors { () async throws(StoreError) in
            try await store.display(name, for: id)
        }
        tenant.update(row)
    }

    private static func checkDisplay(_ name: String) throws(BotError) {
        let isBlank = name.unicodeScalars.allSatisfy { $0.isSpace }
        guard !isBlank, name.utf8.count <= longestDisplay, HarmlessText.line(name) == name else {
            throw .badValue(
                "a person's name is one line of at most \(longestDisplay) bytes in any script"
            )
        }
    }

    /// Sets the language that a tenant has chosen, or lets the bot follow the tenant's device if it
    /// is nil.
    package func choose(
        _ language: Language?,
        for tenant: LiveTenant
    ) async throws(BotError) {
        let (id, code) = (tenant.row.id, language?.code)
        let row = try await withBotErrors { () async throws(StoreError) in
            try await store.chooseLanguage(code, of: id)
        }
        tenant.update(row)
    }

    /// Sets whether models write titles and summaries at a tenant's cost.
    package func setOutlines(_ isOn: Bool, for tenant: LiveTenant) async throws(BotError) {
        let id = tenant.row.id
        let row = try await withBotErrors { () async throws(StoreError) in
            try await store.setOutlines(isOn, of: id)
        }
        tenant.update(row)
    }

    /// Notes the language of the device that a tenant uses.
    ///
    /// It is written down only if it is another one than before.
    package func hear(_ language: Language, from tenant: LiveTenant) async throws(BotError) {
        guard tenant.row.heardLanguage != language.code else { return }
        let (id, code) = (tenant.row.id, language.code)
        let row = try await withBotErrors { () async throws(StoreError) in
            try await store.hearLanguage(code, of: id)
        }
        tenant.update(row)
    }

    private nonisolated static func draft(_ secret: Secret256) -> APIKeyDraft {
        let hint = secret.text.dropFirst(keyPrefix.count).cut(toBytes: 6)
        return APIKeyDraft(hash: secret.hash, hint: hint)
    }

    @discardableResult
    private func remember(_ row: Tenant, _ book: TenantBook) -> LiveTenant {
        let tenant = LiveTenant(row, book, defaults: defaults, budget: budget)
        byName[row.name] = tenant
        byID[row.id] = tenant
        return tenant
    }

    private func remember(_ key: APIKey) {
        // The tenant may have been removed while its new key was written.
        guard let tenant = byID[key.tenant] else { return }
        keys.insert(Credential(tenant, hash: key.hash, .key(key)))
    }

    /// Remembers a login of a tenant that is here.
    func remember(_ login: Login) {
        guard case .tenant(let id) = login.owner, let tenant = byID[id] else { return }
        logins.insert(Credential(tenant, hash: login.hash, .login(login)))
    }

    private func forget(_ tenant: LiveTenant) {
        byName[tenant.name] = nil
        budget.forget(tenant.name)
        byID[tenant.row.id] = nil
        keys.end(keys.all(of: tenant))
        logins.end(logins.all(of: tenant))
    }

    /// Whether a tenant may have the name.
    ///
    /// It begins with a letter or digit, so that it is no option of a command and no part of a path
    /// with a meaning, such as `..`.
    private static func isName(_ name: String) -> Bool {
        (1...32).contains(name.utf8.count) && !"-_.".utf8.contains(name.utf8.first ?? 0)
            && name.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789-_.".utf8.contains($0) }
    }
}
