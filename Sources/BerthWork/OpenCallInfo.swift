package import BerthLoop
package import BerthProviders
import BerthStore

/// An ask under way outside turns, as the operator sees it.
package struct OpenCallInfo: Sendable {
    /// The number among the tenant's asks in this process.
    let number: Int
    /// The name of the tenant who pays.
    package let tenant: String
    /// The key of the tenant who pays.
    let tenantID: Tenant.ID
    /// The first of the models that it may be answered by.
    package let model: String
    /// The id of the HTTP request, for the log.
    package let request: String
    /// Whether its provider has been asked, or it waits.
    package let isAsked: Bool
    /// The progress of an order of pictures at its provider, or nil before the provider has begun.
    package let progress: PictureProgress?
    /// The time since which its caller waits.
    package let since: Instant

    /// The name by which the operator ends it: `api-`, the tenant's key and the number.
    package var id: String { "\(OpenCallInfo.prefix)\(tenantID.value)-\(number)" }

    /// The beginning of every such name.
    package static let prefix = "api-"
}
