package import BerthLoop
import BerthStore
import BerthTelemetry
import BerthText
package import BerthWork

/// The passkeys of people: they are registered by a person who is logged in, and log that person in.
@Loop package final class Passkeys {
    private let store: any Store
    private let access: WebAccess
    private var challenges: Challenges
    private let clock: any Clock

    /// The longest name of a passkey, in bytes.
    static nonisolated let longestName = 80

    init(store: any Store, access: WebAccess, in surroundings: Surroundings) {
        self.store = store
        self.access = access
        challenges = Challenges(in: surroundings)
        clock = surroundings.clock
    }

    /// A challenge for a registration, or for a login if `tenant` is nil.
    package func challenge(for tenant: LiveTenant?) -> String {
        challenges.make(for: tenant?.row.id)
    }

    /// The passkeys of a tenant, oldest first.
    package func list(of tenant: LiveTenant) async throws(BotError) -> [PasskeyInfo] {
        try await rows(of: tenant).map { PasskeyInfo($0) }
    }

    /// The names at their authenticators of a tenant's passkeys, in base64url.
    package func credentials(of tenant: LiveTenant) async throws(BotError) -> [String] {
        try await rows(of: tenant).map(\.credential.base64url)
    }

    private func rows(of tenant: LiveTenant) async throws(BotError) -> [Passkey] {
        let id = tenant.row.id
        return try await withBotErrors { () async throws(StoreError) in
            try await store.passkeys(of: id)
        }
    }

    /// Registers a passkey of a tenant.
    ///
    /// - Throws: ``BotError/account(_:)`` if the authenticator's words are refused or the tenant has too
    ///   many passkeys.
    package func register(
        client: [UInt8],
        attestation: [UInt8],
        named name: String,
        for tenant: LiveTenant,
        at site: RelyingParty
    ) async throws(BotError) -> PasskeyInfo {
        let (id, now) = (tenant.row.id, clock.timestamp)
        let name = try Passkeys.checked(name)
        let made: WebAuthn.Registration
        do throws(WebAuthnFault) {
            made = try WebAuthn.register(client: client, attestation: attestation, at: site) {
                challenges.use($0, for: id)
            }
        } catch { throw .account(AccountError(error)) }
        let draft = PasskeyDraft(
            credential: made.credential,
            key: made.key,
            count: made.count,
            name: name
        )
        let added = try await withBotErrors { () async throws(StoreError) -> Passkey?? in
            do throws(StoreError) {
                return try await store.addPasskey(draft, for: id, at: now)
            } catch {
                guard case .exists = error else { throw error }
                return .none
            }
        }
        guard let added else { throw .account(.passkeyExists) }
        guard let added else {
            throw .account(.tooManyPasskeys(limit: Database.passkeysAtMost))
        }
        return PasskeyInfo(added)
    }

    /// Names a passkey of a tenant.
    ///
    /// - Throws: ``BotError/account(_:)`` for a bad name, or if the tenant has no such passkey.
    package func rename(
        _ id: String,
        _ name: String,
        by tenant: LiveTenant
    ) async throws(BotError) {
        let (owner, row, name) = (tenant.row.id, Int64(id) ?? 0, try Passkeys.checked(name))
        let isKnown = try await withBotErrors { () async throws(StoreError) in
            try await store.renamePasskey(Passkey.ID(row), of: owner, name)
        }
        guard isKnown else { throw .account(.noPasskey) }
    }

    /// Deletes a passkey of a tenant.
    ///
    /// Logins that were made with it stay.
    ///
    /// - Throws: ``BotError/account(_:)`` if the tenant has no such passkey.
    package func delete(_ id: String, by tenant: LiveTenant) async throws(BotError) {
        let (owner, row) = (tenant.row.id, Int64(id) ?? 0)
        let isKnown = try await withBotErrors { () async throws(StoreError) in
            try await store.deletePasskey(Passkey.ID(row), of: owner)
        }
        guard isKnown else { throw .account(.noPasskey) }
    }

    /// Logs in the person of a passkey.
    ///
    /// - Parameters:
    ///   - credential: the passkey's name at its authenticator.
    ///   - assertion: the authenticator's words.
    ///   - site: the site of the page.
    ///   - device: the browser and the system, "" if they are not known.
    /// - Returns: the cookie's value, or nil if the passkey is unknown or its words are refused.
    /// - Throws: ``BotError/store(_:)``.
    package func login(
        _ credential: [UInt8],
        _ assertion: WebAuthn.Assertion,
        at site: RelyingParty,
        on device: String
    ) async throws(BotError) -> String? {
        let found = try await withBotErrors { () async throws(StoreError) in
            try await store.passkey(credential: credential)
        }
        guard let found else { return nil }
        var challenge = ""
        guard
            let count = try? WebAuthn.check(
                assertion,
                key: found.key,
                at: site,
                isChallenge: {
                    challenge = $0
                    return challenges.isOpen($0, for: nil)
                }
            ),
            // Only a valid signature uses a challenge up.
            challenges.use(challenge, for: nil)
        else { return nil }
        return try await access.login(of: found, count: count, on: device)
    }

    private static func checked(_ name: String) throws(BotError) -> String {
        let name = name.trimmed
        guard !name.isEmpty, name.utf8.count <= longestName, HarmlessText.line(name) == name else {
            throw .account(.badPasskeyName(most: longestName))
        }
        return name
    }
}

extension AccountError {
    fileprivate init(_ fault: WebAuthnFault) {
        self =
            switch fault {
            case .malformed, .otherCeremony: .passkeyMalformed
            case .challenge: .passkeyTooLate
            case .origin, .site: .passkeyOfAnotherSite
            case .unverified: .passkeyUnverified
            case .algorithm: .passkeyOfUnknownKind
            case .signature: .passkeySignature
            }
    }
}
