package import BerthHTTP
package import BerthLoop
import BerthMemory
import BerthStore
package import BerthWork

/// The right by which a request speaks for a tenant: an API key, a web login, the admin socket, or a
/// signed link.
///
/// Revoking it also ends the requests under way that it admitted.
@Loop package final class Credential {
    /// The kinds of credentials.
    enum Kind {
        case key(APIKey)
        /// A cookie.
        case login(Login)
        /// One request, of the admin socket or by a signed link.
        case request
    }

    /// The tenant that it stands for.
    package let tenant: LiveTenant
    /// SHA-256 of the secret, 32 bytes.
    ///
    /// Empty for the right of one request.
    let hash: [UInt8]
    let kind: Kind
    /// The requests under way, at most one for each connection.
    private var requests: [ObjectIdentifier: HTTPRequest] = [:]

    /// Work that outlives the request that began it, in the order of its beginning.
    private var work: [(owner: ObjectIdentifier, end: @Loop () -> Void)] = []

    init(_ tenant: LiveTenant, hash: [UInt8], _ kind: Kind) {
        self.tenant = tenant
        self.hash = hash
        self.kind = kind
    }

    /// The right to speak for `tenant` in one request whose own right was checked: that of a local
    /// administrator, or a signed link.
    package convenience init(forOneRequestOf tenant: LiveTenant) {
        self.init(tenant, hash: [], .request)
    }

    /// Admits a request, which revoking the credential ends.
    ///
    /// Until the request's end, work is under way for the tenant.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - most: the largest number of the tenant's requests that are under way.
    /// - Throws: ``BotError/tooManyRequests(limit:)``. The request is not admitted then.
    package func admit(_ request: HTTPRequest, atMost most: Int) throws(BotError) {
        guard tenant.openRequests < most else { throw .tooManyRequests(limit: most) }
        tenant.openRequests += 1
        request.holding = tenant.account.begin()
        let id = ObjectIdentifier(request)
        requests[id] = request
        request.whenEnded {
            self.requests[id] = nil
            self.tenant.openRequests -= 1
        }
    }

    /// Has `end` called when the credential is revoked, until ``untie(_:)``.
    package func tie(_ owner: AnyObject, _ end: @escaping @Loop () -> Void) {
        work.append((ObjectIdentifier(owner), end))
    }

    /// Forgets work that has ended.
    package func untie(_ owner: AnyObject) {
        work.removeAll { $0.owner == ObjectIdentifier(owner) }
    }

    /// Ends every request that it admitted, and the work that is tied to it.
    ///
    /// A turn that a request began goes on.
    func end() {
        for one in work { one.end() }
        for request in Array(requests.values) { request.cutOff() }
    }

    /// The row of an API key, or nil for another kind.
    var apiKey: APIKey? {
        guard case .key(let key) = kind else { return nil }
        return key
    }

    /// The row of a web login, or nil for another kind.
    var login: Login? {
        guard case .login(let login) = kind else { return nil }
        return login
    }

    /// Whether a login has expired.
    ///
    /// Keys do not expire.
    func isExpired(at now: Timestamp) -> Bool { login.map { $0.expires <= now } ?? false }
}
