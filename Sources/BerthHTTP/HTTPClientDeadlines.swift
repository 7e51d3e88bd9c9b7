/// The deadlines of a transfer, measured by the client's clock.
package struct HTTPClientDeadlines: Sendable, Equatable {
    /// From the start until the connection is established, including name look-up, TCP and TLS.
    package var connect: Duration
    /// From then until the answer's header block is complete, including the sending of the body.
    package var firstByte: Duration
    /// The limit of each wait for the next piece of the body.
    package var stall: Duration

    /// Makes deadlines, each above 0.
    package init(
        connect: Duration = .seconds(10),
        firstByte: Duration = .seconds(120),
        stall: Duration = .seconds(60)
    ) {
        self.connect = connect
        self.firstByte = firstByte
        self.stall = stall
    }
}
