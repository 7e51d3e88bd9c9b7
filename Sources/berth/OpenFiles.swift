import BerthConfig
import BerthLoop
import BerthTelemetry

/// The descriptors that a service needs, compared with the limit of the process.
@Loop enum OpenFiles {
    /// The descriptors of the database, Redis, the log, the admin socket and its clients, and name
    /// look-ups.
    private static let own = 48
    /// The largest number of idle upstream connections, see `HTTPClient.maxIdleConnections`.
    private static let idleUpstream = 64

    /// The descriptors that a service needs beside those of its clients.
    static func besideClients(_ configuration: Configuration) -> Int {
        own + idleUpstream + configuration.providers.reduce(0) { $0 + $1.concurrency }
    }

    /// The descriptors that a service needs with `limits.connections` clients.
    static func needed(_ configuration: Configuration) -> Int {
        configuration.limits.connections + besideClients(configuration)
    }

    /// Raises the limit of the process, and lowers `limits.connections` if the limit is too low.
    ///
    /// Clients then cannot take the descriptors that the providers' connections need. At least half
    /// of the descriptors stay with the clients.
    static func fit(_ configuration: inout Configuration, log: Log) {
        let limit = FileDescriptors.raiseLimit()
        guard limit < needed(configuration) else { return }
        let fitting = max(8, limit / 2, limit - besideClients(configuration))
        let (wanted, needed) = (configuration.limits.connections, needed(configuration))
        configuration.limits.connections = min(wanted, fitting)
        log.warning(
            "the limit of open files is too low for limits.connections: raise it (ulimit -n)",
            [
                "open_files": .int(limit), "needed": .int(needed),
                "limits.connections": .int(wanted),
                "in_force": .int(configuration.limits.connections),
            ]
        )
    }
}
