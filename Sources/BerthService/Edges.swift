package import BerthCache
package import BerthConfig
package import BerthHTTP
import BerthLoop
package import BerthMemory
package import BerthTelemetry
package import Glibc

/// Everything outside a service that it touches: time, randomness, network, disk, kernel, log.
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
    /// The place of the data folder.
    package var disk = Disk.folder
    /// Gives the kernel's figures about this process's memory.
    package var kernel: @Loop @Sendable () -> KernelMemory
    /// Makes the cache's connection to Redis, which runs with the service.
    package var redis: @Loop @Sendable (RedisAddress) -> RedisClient
    /// The uid that may administer the service, beside root.
    package var owner = geteuid()

    /// The place of a service's data.
    package enum Disk: Sendable {
        /// In the folder `data` of the configuration.
        case folder
    }

    /// Makes edges whose data is in the configured folder and whose owner is the process's user.
    package init(
        surroundings: Surroundings,
        client: any HTTPSending,
        network: any HTTPListening,
        kernel: @escaping @Loop @Sendable () -> KernelMemory,
        redis: @escaping @Loop @Sendable (RedisAddress) -> RedisClient
    ) {
        self.surroundings = surroundings
        self.client = client
        self.network = network
        self.kernel = kernel
        self.redis = redis
    }

    /// The machine's clock, randomness, network, disk and kernel.
    ///
    /// - Parameters:
    ///   - log: the service's log.
    ///   - agent: the service's name for other servers, such as `berth/1.0`.
    /// - Returns: edges that share one resolver and one client.
    @Loop package static func machine(log: Log, agent: String) -> Edges {
        let surroundings = Surroundings(log: log)
        let resolver = Resolver(in: surroundings)
        return Edges(
            surroundings: surroundings,
            client: HTTPClient(in: surroundings, userAgent: agent, resolver: resolver),
            network: MachineListening(in: surroundings),
            kernel: { KernelMemory.read() },
            redis: { address in
                RedisClient(address: address, in: surroundings) { host, limit in
                    await resolver.addresses(of: host, within: limit).map(\.description)
                }
            }
        )
    }
}
