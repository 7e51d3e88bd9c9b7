import BerthLoop
import CCurl

extension HTTPTransfer {
    /// The size up to which a body is copied, so it leaves in one packet with its header.
    ///
    /// A larger body is read in place.
    private nonisolated static let mostCopied = 64 << 10
    /// The most bytes that curl reads at once, which is a buffer that each transfer holds.
    ///
    /// Most whole answers fit, and most events of a stream are far smaller.
    private nonisolated static let mostRead = 8 << 10

    /// Sets every option of this exchange on `handle`.
    ///
    /// - Parameters:
    ///   - handle: a handle without options.
    ///   - settings: the settings of the client.
    ///   - addresses: the addresses of the target's name, or none if it was not looked up.
    /// - Throws: ``HTTPClientError/badRequest(reason:)``, or `.other` if curl refuses an option.
    func prepare(
        _ handle: HTTPClientHandle,
        _ settings: HTTPClientSettings,
        addresses: [IPAddress]
    ) throws(HTTPClientError) {
        unsafe handle.set(context: Unmanaged.passUnretained(self).toOpaque())
        handle.set(CURLOPT_URL, request.url)
        if !addresses.isEmpty { handle.set(addresses: pinned(addresses)) }
        setConnection(of: handle, settings)
        try request.check()
        setMethod(of: handle)
        setBody(of: handle)
        setHeaders(of: handle)
        handle.set(CURLOPT_BUFFERSIZE, HTTPTransfer.mostRead)
        guard handle.refusal == CURLE_OK else { throw error(of: handle.refusal) }
    }

    private func setConnection(of handle: HTTPClientHandle, _ settings: HTTPClientSettings) {
        // Otherwise curl would remove the segments '.' and '..' from the path.
        handle.set(CURLOPT_PATH_AS_IS, 1)
        handle.set(CURLOPT_NOSIGNAL, 1)
        handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
        handle.set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        // An empty text keeps curl from reading the environment, which is the configuration's work.
        handle.set(CURLOPT_PROXY, request.proxy?.url ?? "")
        handle.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        // The injected clock measures the deadline. curl's default would end a connect after 300 s.
        handle.set(CURLOPT_CONNECTTIMEOUT_MS, Int(Int32.max))
        let authorities = request.route.authorities ?? settings.certificates
        handle.set(CURLOPT_CAINFO, authorities)
        // A CA path would disable curl's CA cache, which costs 0.9 MiB a connection.
        handle.set(CURLOPT_CAPATH, request.route.authoritiesFolder)
        if let proxy = request.proxy, proxy.url.hasPrefix("https:") {
            handle.set(CURLOPT_PROXY_CAINFO, authorities)
        }
        handle.set(CURLOPT_USERAGENT, settings.userAgent)
        unsafe handle.set(onConnected: onConnected)
        unsafe handle.set(onHeader: onHeader, onBody: onBody)
        if let path = request.unixSocket { handle.set(CURLOPT_UNIX_SOCKET_PATH, path) }
        if let source = request.source { handle.set(CURLOPT_INTERFACE, "host!\(source)") }
        if request.needsOwnConnection { handle.set(CURLOPT_FRESH_CONNECT, 1) }
        guard request.reach == .publicOnly else { return }
        handle.set(CURLOPT_FORBID_REUSE, 1)
        unsafe handle.set(onOpenSocket: onOpenSocket)
    }

    private func pinned(_ addresses: [IPAddress]) -> String {
        let list = addresses.map { $0.bytes.count == 16 ? "[\($0)]" : "\($0)" }
        let (host, port) = request.proxy.map { ($0.host, $0.port) } ?? (target.host, target.port)
        return "\(host):\(port):" + list.joined(separator: ",")
    }

    private func setMethod(of handle: HTTPClientHandle) {
        let method = request.method
        switch method {
        case "HEAD": return handle.set(CURLOPT_NOBODY, 1)
        case "GET" where request.body.isEmpty: return handle.set(CURLOPT_HTTPGET, 1)
        case "POST": handle.set(CURLOPT_POST, 1)
        case _ where request.body.isEmpty: return handle.set(CURLOPT_CUSTOMREQUEST, method)
        default:
            handle.set(CURLOPT_POST, 1)
            handle.set(CURLOPT_CUSTOMREQUEST, method)
        }
    }

    private func setBody(of handle: HTTPClientHandle) {
        if let upload = request.upload {
            return unsafe handle.set(bodySize: upload.length, onRead: onRead, onSeek: onSeek)
        }
        guard request.method == "POST" || !request.body.isEmpty, hasBody else { return }
        if request.body.count <= HTTPTransfer.mostCopied {
            handle.set(copyOf: request.body)
        } else {
            unsafe handle.set(bodySize: request.body.count, onRead: onRead, onSeek: onSeek)
        }
    }

    private func setHeaders(of handle: HTTPClientHandle) {
        // curl omits a field whose line has nothing after the colon.
        var lines = request.headers.map { $1.isEmpty ? "\($0);" : "\($0): \($1)" }
        lines.append("Expect:")
        if request.headers["content-type"] == nil { lines.append("Content-Type:") }
        if request.decodesBody { lines.append("Accept-Encoding: \(HTTPTransfer.codings)") }
        handle.set(lines: lines)
    }

    /// The error that a code of curl means for the caller.
    func error(of code: CURLcode) -> HTTPClientError {
        // A proxy that cannot be reached is named; what it answers is the server's.
        let host =
            code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_PROXY
            ? request.proxy?.name ?? target.name : target.name
        func reason(detailed: Bool = false) -> String {
            handle?.reason(of: code, detailed: detailed) ?? "it failed"
        }
        if let proxy = request.proxy, let status = handle?.tunnelStatus, status >= 300 {
            return .unreachable(host: proxy.name, reason: "it refuses the tunnel: status \(status)")
        }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            return .unknownHost(host: host, reason: reason())
        case CURLE_COULDNT_CONNECT:
            let system = handle?.systemCode ?? 0
            let text = system == 0 ? reason() : SystemError("connect", code: system).description
            return .unreachable(host: host, reason: text)
        case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE,
            CURLE_ABORTED_BY_CALLBACK:
            return .cut(host: host, received: answered)
        case CURLE_PEER_FAILED_VERIFICATION:
            let fault = TLSFault(verification: handle?.verification ?? 0)
            return .tls(host: host, fault: fault, reason: reason(detailed: true))
        case CURLE_SSL_CACERT_BADFILE:
            return .tls(host: host, fault: .authorities, reason: reason(detailed: true))
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_SHUTDOWN_FAILED, CURLE_SSL_INVALIDCERTSTATUS:
            return .tls(host: host, fault: .handshake, reason: reason(detailed: true))
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING:
            return .badAnswer(host: host, reason: reason())
        case CURLE_URL_MALFORMAT: return .badRequest(reason: "its URL is malformed")
        default: return .other(host: host, code: Int(code.rawValue), reason: reason())
        }
    }
}

// MARK: Callbacks

@unsafe private nonisolated func transfer(_ context: UnsafeMutableRawPointer) -> HTTPTransfer {
    unsafe Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue()
}

private nonisolated func onHeader(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context = unsafe context else { return 0 }
    let transfer = unsafe transfer(context)
    nonisolated(unsafe) let line = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    return Loop.assumeIsolated { unsafe transfer.take(header: line) } ? size * count : 0
}

private nonisolated func onBody(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context = unsafe context else { return 0 }
    let transfer = unsafe transfer(context)
    nonisolated(unsafe) let part = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    switch Loop.assumeIsolated({ unsafe transfer.take(body: part) }) {
    case .taken: return size * count
    case .later: return Int(CURL_WRITEFUNC_PAUSE)
    case .refused: return -1  // 0 would accept an empty piece
    }
}

private nonisolated func onRead(
    _ buffer: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context = unsafe context else { return 0 }
    let transfer = unsafe transfer(context)
    nonisolated(unsafe) let room = unsafe UnsafeMutableRawBufferPointer(
        start: buffer,
        count: size * count
    )
    return Loop.assumeIsolated { unsafe transfer.give(to: room) }
}

private nonisolated func onSeek(
    _ context: UnsafeMutableRawPointer?,
    _ offset: curl_off_t,
    _ origin: Int32
) -> Int32 {
    guard let context = unsafe context, origin == SEEK_SET else { return CURL_SEEKFUNC_CANTSEEK }
    let transfer = unsafe transfer(context)
    let isDone = Loop.assumeIsolated { transfer.rewind(to: Int(offset)) }
    return isDone ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
}

private nonisolated func onConnected(
    _ context: UnsafeMutableRawPointer?,
    _ peer: UnsafeMutablePointer<CChar>?,
    _ local: UnsafeMutablePointer<CChar>?,
    _ peerPort: Int32,
    _ localPort: Int32
) -> Int32 {
    guard let context = unsafe context else { return CURL_PREREQFUNC_ABORT }
    let transfer = unsafe transfer(context)
    return Loop.assumeIsolated { transfer.connected() } ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

private nonisolated func onOpenSocket(
    _ context: UnsafeMutableRawPointer?,
    _ purpose: curlsocktype,
    _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let context = unsafe context, let address = unsafe address else { return CURL_SOCKET_BAD }
    let transfer = unsafe transfer(context)
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = Int(unsafe berth_curl_address_bytes(address, &bytes))
    let ip = IPAddress(bytes: Array(bytes[..<count]))
    guard Loop.assumeIsolated({ transfer.mayReach(ip) }) else { return CURL_SOCKET_BAD }
    return unsafe berth_curl_open_socket(address)
}
