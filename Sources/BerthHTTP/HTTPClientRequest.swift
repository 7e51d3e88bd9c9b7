/// How long a transfer may take nothing but time, on the client's clock.
package struct HTTPClientDeadlines: Sendable, Equatable {
    /// From the start until the connection stands: name look-up, TCP and TLS together.
    package var connect: Duration
    /// From then, the sending of the body included, until the answer's header block is complete.
    package var firstByte: Duration
    /// For each wait of the reader for the next piece of the body.
    package var stall: Duration

    /// Makes deadlines, each more than 0.
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

/// Whom a request may reach.
package enum HTTPReach: Sendable {
    /// Every address: for URLs that the operator has configured.
    case any
    /// Public addresses alone: for URLs that a tenant or a provider's answer has named. Each address
    /// is checked when it is looked up and again when it is connected to, and no connection is
    /// shared with other requests.
    case publicOnly
}

/// One request to another server.
package struct HTTPClientRequest: Sendable {
    /// A token, as `POST`.
    package var method: String
    /// Absolute, http or https, without user and password; never in a log or an error beyond its host.
    package var url: String
    /// The fields beyond those of HTTP itself (Host, Content-Length, Connection).
    package var headers: HTTPHeaders
    /// Sent with its length; held until the transfer has ended.
    package var body: [UInt8]
    /// The Unix-domain socket to connect to instead of the URL's host; at most 107 bytes.
    package var unixSocket: String? = nil
    /// The address of this machine that it is sent from.
    ///
    /// Without one it is any, as an idle connection has it or the kernel chooses.
    package var source: IPAddress? = nil
    /// How long it may take.
    package var deadlines: HTTPClientDeadlines
    /// Whom it may reach.
    package var reach: HTTPReach
    /// Whether the server may answer in gzip.
    ///
    /// The body is decoded, and the answer's headers then name neither Content-Encoding nor
    /// Content-Length.
    package var acceptsGzip = false

    /// Makes a request.
    ///
    /// `url` is checked when it is sent.
    package init(
        method: String = "POST",
        url: String,
        headers: HTTPHeaders = [:],
        body: [UInt8] = [],
        deadlines: HTTPClientDeadlines = HTTPClientDeadlines(),
        reach: HTTPReach = .any
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.deadlines = deadlines
        self.reach = reach
    }

    /// Checks what the wire cannot carry.
    ///
    /// - Throws: ``HTTPClientError/badRequest(reason:)``.
    func check() throws(HTTPClientError) {
        guard HTTPHeaders.isToken(method) else {
            throw .badRequest(reason: "its method is not a word")
        }
        for (name, value) in headers {
            guard HTTPHeaders.isToken(name), HTTPHeaders.isValue(value) else {
                throw .badRequest(reason: "a header's name or value holds a control character")
            }
        }
    }
}
