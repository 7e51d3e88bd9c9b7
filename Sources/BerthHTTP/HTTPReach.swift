/// The addresses that a request may reach.
package enum HTTPReach: Sendable {
    /// Every address, for URLs from the operator's configuration.
    case any
    /// Only public addresses, for URLs from a tenant or from a provider's answer.
    ///
    /// Each address is checked after its look-up and again when it is connected to. The connection
    /// is not shared with other requests.
    case publicOnly
}
