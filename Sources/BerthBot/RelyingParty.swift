import BerthConfig

/// The site for which an authenticator signs: the origin of the page that asks.
package struct RelyingParty: Equatable, Sendable {
    /// The origin as browsers write it, such as `https://chat.example.org`.
    package let origin: String
    /// The name of its host, which is the id of the site.
    package let id: String

    /// Takes an origin that the caller has checked to be one of the service's.
    ///
    /// - Returns: nil for an origin whose host is an address, for which browsers have no passkeys.
    package init?(origin: String) {
        guard let url = WebURL(origin), !url.host.contains(":"),
            url.host.utf8.contains(where: { $0 >= UInt8(ascii: "a") })
        else { return nil }
        (self.origin, id) = (url.origin, url.host)
    }
}
