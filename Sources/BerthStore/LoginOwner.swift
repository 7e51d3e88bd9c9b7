/// The person that a login link or a cookie stands for.
package enum LoginOwner: Hashable, Sendable {
    /// The operator, on the dashboard.
    case admin
    case tenant(Tenant.ID)
}

extension LoginOwner {
    /// The column `tenant`, which is NULL for the operator.
    var tenant: Tenant.ID? {
        switch self {
        case .admin: nil
        case .tenant(let id): id
        }
    }

    init(_ tenant: Tenant.ID?) { self = tenant.map { .tenant($0) } ?? .admin }
}
