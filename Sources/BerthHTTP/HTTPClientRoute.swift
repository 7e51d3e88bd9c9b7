/// The way to a server: the proxy that its requests pass, and the authorities that TLS trusts.
package struct HTTPClientRoute: Equatable, Sendable {
    /// A proxy, which looks up the server's name itself.
    package struct Proxy: Equatable, Sendable {
        /// The URL for curl, with the login if there is one.
        ///
        /// Never for a log or an error.
        package var url: String
        /// The proxy's own name or address, without brackets.
        package var host: String
        /// The proxy's own port.
        package var port: Int

        /// Makes a proxy.
        package init(url: String, host: String, port: Int) {
            self.url = url
            self.host = host
            self.port = port
        }

        /// The proxy for errors and logs.
        var name: String { "proxy \(host):\(port)" }
    }

    /// nil for a direct connection.
    package var proxy: Proxy?
    /// The file of authorities; nil for the client's own.
    package var authorities: String?
    /// A folder of further authorities as `openssl rehash` makes it; nil for none.
    package var authoritiesFolder: String?

    /// Makes a route.
    ///
    /// The default is a direct connection that trusts the client's authorities.
    package init(proxy: Proxy? = nil, authorities: String? = nil, authoritiesFolder: String? = nil)
    {
        self.proxy = proxy
        self.authorities = authorities
        self.authoritiesFolder = authoritiesFolder
    }
}
