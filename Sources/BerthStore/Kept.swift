/// A value that the service remembers over a restart, although nothing is lost without it.
package enum Kept: String, SQLConvertible, Sendable {
    /// The names that the response cache is asked for most.
    case hotSet = "hot_set"
    /// The hashes of the system texts that several tenants have sent.
    case commonTexts = "common_texts"
    /// The relation of the service's date to the machine's monotonic clock.
    case clock
    /// The parts of requests that providers refuse.
    case quirks
    /// The key by which links to files are signed.
    case linkKey = "link_key"
}
