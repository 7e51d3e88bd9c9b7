package import BerthConfig
package import BerthLoop
package import BerthStore
package import BerthTelemetry
import BerthText
package import BerthWork

/// The people of channels, and the ways in which they become tenants.
///
/// A person who has used an invitation is its tenant. Anybody else is refused, asks the operator, or
/// becomes a new tenant, as the configuration's `access` says.
@Loop package final class People {
    private let store: any Store
    private let tenants: TenantDirectory
    private let access: Configuration.Access
    private let surroundings: Surroundings
    /// Tells a person the operator's decision, by channel.
    private var announcers: [ChannelName: Announce] = [:]
    /// The beginnings of the links that channels make of an invitation's code, by channel or bot.
    private var linkStarts: [(owner: String, text: String)] = []

    /// An invitation is refused after this time.
    package static nonisolated let invitationLife = Duration.seconds(7 * 86_400)
    /// The longest name of a person that is kept, in bytes.
    package static nonisolated let longestName = 128

    /// The outcome for a person who is no tenant.
    package enum Admission: Sendable {
        /// The person is a tenant now.
        case admitted(LiveTenant)
        /// The person has asked, now or before.
        case asked(AccessRequest, isNew: Bool)
        /// The operator has refused the person's request.
        case refused
        /// The invitation is unknown, used or expired.
        case wrongCode
        /// Only invited people become tenants.
        case notInvited
        /// There is no room for another tenant or request.
        case full
    }

    /// Tells a person whether the operator has let them in.
    package typealias Announce = @Loop @Sendable (AccessRequest, _ isApproved: Bool) async -> Void

    /// An invitation that was made.
    package struct Invitation: Sendable {
        /// The code, which is shown only once.
        package let code: String
        /// The links that use it, one for each channel or bot.
        package let links: [String]
    }

    /// Makes the people of a service.
    package init(
        store: any Store,
        tenants: TenantDirectory,
        access: Configuration.Access,
        in surroundings: Surroundings
    ) {
        (self.store, self.tenants, self.access) = (store, tenants, access)
        self.surroundings = surroundings
    }

    /// Notes the beginning of the links by which `owner` takes invitations, such as
    /// `https://t.me/my_bot?start=`.
    package func takesInvitations(_ owner: String, at start: String) {
        linkStarts.removeAll { $0.owner == owner }
        linkStarts.append((owner, start))
    }

    /// Has the people of `channel` told by `announce` what the operator has decided.
    package func announces(on channel: ChannelName, by announce: @escaping Announce) {
        announcers[channel] = announce
    }

    /// Whether a channel takes invitations.
    package var canInvite: Bool { !linkStarts.isEmpty }

    /// The tenant that a person is, or nil.
    package func tenant(of person: Person) async throws(BotError) -> LiveTenant? {
        let id = try await withBotErrors { () async throws(StoreError) in
            try await store.tenant(channel: person.channel, external: person.external)
        }
        return id.flatMap { tenants.tenant($0) }
    }

    /// Makes an invitation for `tenant`, or for a new tenant if it is nil.
    package func invite(_ tenant: LiveTenant?) async throws(BotError) -> Invitation {
        let (secret, now) = (Secret256(from: surroundings.entropy), surroundings.clock.timestamp)
        let id = tenant?.row.id
        try await withBotErrors { () async throws(StoreError) in
            try await store.addInvitation(
                to: id,
                hash: secret.hash,
                at: now,
                expires: now + People.invitationLife
            )
        }
        return Invitation(code: secret.text, links: linkStarts.map { $0.text + secret.text })
    }

    /// Admits a person who is no tenant by the code of an invitation.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - name: the person's own name, from which a new tenant's name is made.
    ///   - code: the code.
    /// - Returns: ``Admission/admitted(_:)``, ``Admission/wrongCode`` or ``Admission/full``.
    /// - Throws: ``BotError`` if the database fails.
    package func admit(
        _ person: Person,
        named name: String,
        by code: String
    ) async throws(BotError) -> Admission {
        guard code.utf8.count <= 128 else { return .wrongCode }
        guard tenants.hasRoom else { return .full }
        let (hash, now) = (Secret256.hash(code), surroundings.clock.timestamp)
        let tenant = try await tenants.join(like: name) { (name) async throws(BotError) in
            try await withBotErrors { () async throws(StoreError) in
                try await store.useInvitation(hash, by: person, named: name, at: now)
            }
        }
        return tenant.map { .admitted($0) } ?? .wrongCode
    }

    /// Takes a person who is no tenant and has no invitation, as `access` says.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - name: the person's own name.
    ///   - place: the place where the answer is told.
    /// - Returns: what became of it.
    /// - Throws: ``BotError`` if the database fails.
    package func meet(
        _ person: Person,
        named name: String,
        at place: Place
    ) async throws(BotError) -> Admission {
        switch access {
        case .invite: return .notInvited
        case .open: return try await admit(person, named: name)
        case .approve:
            let now = surroundings.clock.timestamp
            let short = name.cut(toBytes: People.longestName)
            let found = try await withBotErrors { () async throws(StoreError) in
                try await store.addRequest(of: person, at: place, named: short, at: now)
            }
            guard let (request, isNew) = found else { return .full }
            if isNew {
                surroundings.log.info(
                    "a person asks for access",
                    ["request": .text("\(request.id)"), "channel": .text(person.channel.rawValue)]
                )
            }
            return request.isRefused ? .refused : .asked(request, isNew: isNew)
        }
    }

    /// The people who have asked, oldest first.
    package func requests() async throws(BotError) -> [AccessRequest] {
        try await withBotErrors { () async throws(StoreError) in try await store.requests() }
    }

    /// Approves or refuses a request, and has the person told.
    ///
    /// - Returns: the request and, if it was approved, the new tenant. nil if there is none, or if
    ///   it was refused before and is refused again.
    /// - Throws: ``BotError``, also ``BotError/tooManyTenants(limit:)``.
    package func decide(
        _ id: AccessRequest.ID,
        approves: Bool
    ) async throws(BotError) -> (request: AccessRequest, tenant: LiveTenant?)? {
        guard let request = try await requests().first(where: { $0.id == id }) else { return nil }
        guard approves else {
            let isNew = try await withBotErrors { () async throws(StoreError) in
                try await store.refuseRequest(id)
            }
            guard isNew else { return nil }
            await announcers[request.person.channel]?(request, false)
            return (request, nil)
        }
        guard case .admitted(let tenant) = try await admit(request.person, named: request.name)
        else { throw .tooManyTenants(limit: tenants.limit) }
        await announcers[request.person.channel]?(request, true)
        return (request, tenant)
    }

    private func admit(_ person: Person, named name: String) async throws(BotError) -> Admission {
        guard tenants.hasRoom else { return .full }
        let now = surroundings.clock.timestamp
        let tenant = try await tenants.join(like: name) { (name) async throws(BotError) in
            try await withBotErrors { () async throws(StoreError) in
                try await store.admit(person, named: name, at: now)
            }
        }
        return tenant.map { .admitted($0) } ?? .full
    }
}
