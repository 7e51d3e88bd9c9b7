import BerthConfig
import BerthHTTP

extension HTTPClientRoute {
    /// The route of a provider's requests, as configured.
    init(_ provider: Configuration.Provider) {
        self.init(
            proxy: provider.proxy.map {
                Proxy(url: $0.url.reveal(), host: $0.host, port: $0.port)
            },
            authorities: provider.caFile,
            authoritiesFolder: provider.caFolder
        )
    }
}
