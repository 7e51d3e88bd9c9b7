package import BerthLoop
package import BerthTelemetry

/// Binds addresses for servers: on the machine's network, or within a test.
@Loop package protocol HTTPListening: AnyObject, Sendable {
    /// Binds an address. Nothing is accepted before ``HTTPListener/serve(until:refusal:_:)``.
    ///
    /// - Parameters:
    ///   - address: TCP, or a Unix-domain socket.
    ///   - limits: the most memory and time that a client may take.
    /// - Returns: the bound address.
    /// - Throws: ``HTTPServerError``, worded for the operator.
    func bind(
        _ address: ListenAddress,
        limits: HTTPServerLimits
    ) throws(HTTPServerError) -> any HTTPListener
}

/// Words a refusal that no handler sees (400, 408, 413, 431).
package typealias HTTPRefusalWords = @Loop @Sendable (HTTPRefusal) -> HTTPResponse

/// One bound address.
@Loop package protocol HTTPListener: AnyObject, Sendable {
    /// The port, also if port 0 was asked for. It is 0 for a Unix-domain socket.
    var port: Int { get }
    /// Connections that are open now, idle ones included.
    var openConnections: Int { get }
    /// Requests whose header has arrived and whose answer is not sent yet.
    var openRequests: Int { get }
    /// Closes the connections that have had an answer and sent nothing since.
    ///
    /// - Returns: how many.
    @discardableResult
    func closeIdle() -> Int

    /// Serves until the stop, lets open requests finish, and returns. It is called once.
    ///
    /// Cancelled, it cancels every handler and closes every connection at once.
    ///
    /// - Parameters:
    ///   - stop: ends it in good order.
    ///   - refusal: words the refusals.
    ///   - handler: answers everything else.
    /// - Throws: ``HTTPServerError/cannotStart(_:_:)``.
    func serve(
        until stop: Stop,
        refusal: @escaping HTTPRefusalWords,
        _ handler: @escaping HTTPHandler
    ) async throws
}

/// A bound address with its handler, as a part of the process.
package struct HTTPService: Service {
    private let listener: any HTTPListener
    private let refusal: HTTPRefusalWords
    private let handler: HTTPHandler

    /// Makes the service of `listener`.
    package init(
        on listener: any HTTPListener,
        refusal: @escaping HTTPRefusalWords = { $0.text },
        _ handler: @escaping HTTPHandler
    ) {
        self.listener = listener
        self.refusal = refusal
        self.handler = handler
    }

    package func run(until stop: Stop) async throws {
        try await listener.serve(until: stop, refusal: refusal, handler)
    }
}

/// The machine's addresses, each served by libmicrohttpd.
@Loop package final class MachineListening: HTTPListening {
    private let surroundings: Surroundings

    /// Makes it for servers in `surroundings`.
    package nonisolated init(in surroundings: Surroundings) { self.surroundings = surroundings }

    package func bind(
        _ address: ListenAddress,
        limits: HTTPServerLimits
    ) throws(HTTPServerError) -> any HTTPListener {
        try HTTPServer(listen: address, limits: limits, in: surroundings)
    }
}
