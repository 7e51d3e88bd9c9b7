package import BerthLoop

/// A bound address with its handler, as a service of the process.
package struct HTTPService: Service {
    private let listener: any HTTPListener
    private let refusal: HTTPRefusalWords
    private let handler: HTTPHandler

    /// Makes a service that answers the requests of `listener` with `handler`.
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
