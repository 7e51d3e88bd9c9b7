package import BerthCache
package import BerthConfig
package import BerthHTTP
import BerthLoop
package import BerthMemory
package import BerthTelemetry
package import Glibc

/// Everything outside a service that it touches: time, randomness, network, disk, kernel, names,
/// log, metrics.
///
/// ``machine(log:agent:)`` makes the edges of the machine. A test or the simulation replaces any of
/// them. No part of the service reaches past them.
package struct Edges: Sendable {
    /// The service's time, randomness, log and metrics.
    package var surroundings: Surroundings
    /// The client for requests to other servers.
    package var client: any HTTPSending
    /// The addresses that the service listens on.
    package var network: any HTTPListening
    /// The place of the service's data.
    package var disk = Disk.folder
    /// Gives the kernel's figures about this process's memory.
    package var kernel: @Loop @Sendable () -> KernelMemory
    /// Looks up a name within the given time, and returns its IP addresses or none.
    package var resolve: RedisClient.Resolve
    /// Looks up a name that a tenant has chosen, as ``resolve`` does, but never in its way.
    ///
    /// A name server that answers slowly on purpose would otherwise delay the look-ups of
    /// providers.
    package var resolveForTenants: RedisClient.Resolve = { _, _ in [] }
    /// Makes the cache's connection to Redis, which looks its server's name up by ``resolve``.
    package var redis: @Loop @Sendable (RedisAddress, @escaping RedisClient.Resolve) -> RedisClient
    /// Whether turns of the loop that take too long by the machine's clock are reported, and parts
    /// of the process's memory that are larger than expected.
    package var watchesProcess = false
    /// The uid that may administer the service, beside root.
    package var owner = geteuid()

    /// The place of a service's data.
    package enum Disk: Sendable {
        /// In the folder `data` of the configuration.
        case folder
        /// In SQLite in memory, on the loop's thread, until the service ends.
        ///
        /// The admin socket's name is then no path of a folder, so ``Edges/network`` has to be a
        /// network within the process.
        case memory
    }

    /// Makes edges whose data is in the configured folder and whose owner is the process's user.
    package init(
        surroundings: Surroundings,
        client: any HTTPSending,
        network: any HTTPListening,
        kernel: @escaping @Loop @Sendable () -> KernelMemory,
        resolve: @escaping RedisClient.Resolve,
        redis:
            @escaping @Loop @Sendable (RedisAddress, @escaping RedisClient.Resolve) ->
            RedisClient
    ) {
        self.surroundings = surroundings
        self.client = client
        self.network = network
        self.kernel = kernel
        self.resolve = resolve
        self.redis = redis
    }

    /// The machine's clock, randomness, network, disk, kernel and name resolution.
    ///
    /// - Parameters:
    ///   - log: the service's log.
    ///   - agent: the service's name for other servers, such as `berth/1.0`.
    /// - Returns: edges that share one resolver and one client. Names that tenants choose have a
    ///   resolver of their own.
    @Loop package static func machine(log: Log, agent: String) -> Edges {
        let surroundings = Surroundings(log: log)
        let (resolver, strangers) = (Resolver(in: surroundings), Resolver(in: surroundings))
        var edges = Edges(
            surroundings: surroundings,
            client: HTTPClient(in: surroundings, userAgent: agent, resolver: resolver),
            network: MachineListening(in: surroundings),
            kernel: { KernelMemory.read() },
            resolve: { host, limit in
                await resolver.addresses(of: host, within: limit).map(\.description)
            },
            redis: { RedisClient(address: $0, in: surroundings, resolve: $1) }
        )
        edges.watchesProcess = true
        edges.resolveForTenants = { host, limit in
            await strangers.addresses(of: host, within: limit).map(\.description)
        }
        return edges
    }
}
