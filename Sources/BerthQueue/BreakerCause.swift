/// The evidence against a model or a provider that one failure gives.
package enum BreakerCause: Equatable, Sendable {
    /// A call of a tenant failed.
    ///
    /// The tenant's request may be the reason, so such failures count only if several tenants have
    /// them.
    case call(RequestMark, tenant: String)
    /// No connection was established, which no request is the reason for.
    case connection(RequestMark)
    /// The breakers of several models of the provider are open.
    case models

    /// The tenant whose call failed, or nil if the failure is no tenant's.
    var tenant: String? { if case .call(_, let tenant) = self { tenant } else { nil } }
}
