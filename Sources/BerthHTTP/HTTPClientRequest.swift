/// One request to another server.
package struct HTTPClientRequest: Sendable {
    /// The method, which is a token such as `POST`.
    package var method: String
    /// The absolute URL, with http or https and without user and password.
    ///
    /// Logs and errors contain its host only.
    package var url: String
    /// The header fields, without HTTP's own (Host, Content-Length, Connection).
    package var headers: HTTPHeaders
    /// The body, which is sent with its length and held until the transfer has ended.
    package var body: [UInt8]
    /// The body, if it is read while it is sent; ``body`` is then empty.
    package var upload: (any HTTPUpload)? = nil
    /// Whether the request is never sent again, because sending it twice would cost twice.
    ///
    /// It then has a connection of its own at first, because curl repeats a request whose pooled
    /// connection fails.
    package var isSentOnce = false
    /// The Unix-domain socket to connect to instead of the URL's host, of at most 107 bytes.
    package var unixSocket: String? = nil
    /// The local address that the request is sent from.
    ///
    /// If it is nil, the kernel chooses one, or an idle connection has one.
    package var source: IPAddress? = nil
    /// The way to the server.
    ///
    /// A request that may reach public addresses only ignores the proxy, which would look the name
    /// up itself.
    package var route = HTTPClientRoute()
    /// The deadlines of its transfer.
    package var deadlines: HTTPClientDeadlines
    /// The addresses that it may reach.
    package var reach: HTTPReach
    /// Whether the server may compress its answer, in gzip or deflate.
    ///
    /// A body in gzip, deflate or zstd is then decoded, and Content-Encoding and Content-Length are
    /// removed from the answer's headers. An answer in another coding is refused.
    package var decodesBody = false

    /// Makes a request.
    ///
    /// `url` is checked when the request is sent.
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

    /// Whether the request may not be sent over a pooled connection.
    var needsOwnConnection: Bool { isSentOnce || upload != nil || reach == .publicOnly }

    /// The proxy that the request passes.
    var proxy: HTTPClientRoute.Proxy? {
        reach == .publicOnly || unixSocket != nil ? nil : route.proxy
    }

    /// Checks that HTTP can carry the method and the headers.
    ///
    /// - Throws: ``HTTPClientError/badRequest(reason:)``.
    func check() throws(HTTPClientError) {
        guard HTTPHeaders.isToken(method) else {
            throw .badRequest(reason: "its method is not a token")
        }
        for (name, value) in headers {
            guard HTTPHeaders.isToken(name), HTTPHeaders.isValue(value) else {
                throw .badRequest(reason: "a header's name or value holds a control character")
            }
        }
    }
}
