import BerthLoop
import BerthText
import BerthWork

/// The credentials of one kind, found by the SHA-256 of their secret.
@Loop struct CredentialIndex {
    /// The credentials by their hash's first eight bytes.
    ///
    /// The whole hash is then compared in constant time.
    private var byHash: [UInt64: [Credential]] = [:]
    /// Credentials of each tenant, oldest first.
    private var byTenant: [ObjectIdentifier: [Credential]] = [:]

    /// The credential of a secret, or nil if it is unknown.
    func find(_ secret: String) -> Credential? {
        let hash = Secret256.hash(secret)
        let candidates = byHash[CredentialIndex.index(hash), default: []]
        return candidates.first { Secret256.isSame($0.hash, hash) }
    }

    /// The credentials of a tenant, oldest first.
    func all(of tenant: LiveTenant) -> [Credential] {
        byTenant[ObjectIdentifier(tenant), default: []]
    }

    /// Every credential, in no particular order.
    var all: [Credential] { byTenant.values.flatMap { $0 } }

    /// Adds a credential as its tenant's newest.
    mutating func insert(_ credential: Credential) {
        byHash[CredentialIndex.index(credential.hash), default: []].append(credential)
        byTenant[ObjectIdentifier(credential.tenant), default: []].append(credential)
    }

    /// Removes credentials and ends the requests that they admitted.
    mutating func end(_ credentials: [Credential]) {
        for credential in credentials {
            let (hash, tenant) = (
                CredentialIndex.index(credential.hash), ObjectIdentifier(credential.tenant)
            )
            byHash[hash]?.removeAll { $0 === credential }
            if byHash[hash]?.isEmpty == true { byHash[hash] = nil }
            byTenant[tenant]?.removeAll { $0 === credential }
            if byTenant[tenant]?.isEmpty == true { byTenant[tenant] = nil }
            credential.end()
        }
    }

    private static func index(_ hash: [UInt8]) -> UInt64 {
        var index: UInt64 = 0
        for byte in hash.prefix(8) { index = index << 8 | UInt64(byte) }
        return index
    }
}
