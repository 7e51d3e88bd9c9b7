package import BerthLoop
package import BerthTelemetry

/// The machine's addresses, which are served by libmicrohttpd.
@Loop package final class MachineListening: HTTPListening {
    private let surroundings: Surroundings

    /// Makes an object that binds addresses for servers in `surroundings`.
    package nonisolated init(in surroundings: Surroundings) { self.surroundings = surroundings }

    package func bind(
        _ address: ListenAddress,
        limits: HTTPServerLimits
    ) throws(HTTPServerError) -> any HTTPListener {
        try HTTPServer(listen: address, limits: limits, in: surroundings)
    }
}
