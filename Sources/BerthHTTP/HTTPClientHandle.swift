import CCurl

/// The curl handle of one transfer, and the memory that it points to.
///
/// It serves one transfer. libcurl before 8.1 (Debian 12 has 7.88) keeps a pointer to the last header
/// field of a handle's transfer. The next transfer of the same handle reads and writes there, in freed
/// memory, if the first header line of its answer begins with a space.
@safe final class HTTPClientHandle {
    private let easy: UnsafeMutableRawPointer
    private var fields: UnsafeMutablePointer<curl_slist>?
    private var addresses: UnsafeMutablePointer<curl_slist>?
    private let errorText: UnsafeMutablePointer<CChar>
    private var failure: CURLcode = CURLE_OK

    /// Makes a handle, or nil if there is no memory for one.
    init?() {
        guard let easy = unsafe curl_easy_init() else { return nil }
        unsafe self.easy = easy
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        unsafe curl_easy_cleanup(easy)
        unsafe curl_slist_free_all(fields)
        unsafe curl_slist_free_all(addresses)
        unsafe errorText.deallocate()
    }

    // MARK: Options

    func set(_ option: CURLoption, _ value: Int) {
        note(unsafe berth_curl_set_long(easy, option, value))
    }

    func set(_ option: CURLoption, _ value: String?) {
        note(unsafe berth_curl_set_text(easy, option, value))
    }

    /// Sets the context of the `CURLOPT_…FUNCTION` callbacks.
    ///
    /// curl does not retain it.
    func set(context: UnsafeMutableRawPointer) {
        for option in [
            CURLOPT_PRIVATE, CURLOPT_HEADERDATA, CURLOPT_WRITEDATA, CURLOPT_READDATA,
            CURLOPT_SEEKDATA, CURLOPT_PREREQDATA, CURLOPT_OPENSOCKETDATA,
        ] { note(unsafe berth_curl_set_pointer(easy, option, context)) }
        note(unsafe berth_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText))
    }

    func set(onHeader: curl_write_callback, onBody: curl_write_callback) {
        note(unsafe berth_curl_set_data_function(easy, CURLOPT_HEADERFUNCTION, onHeader))
        note(unsafe berth_curl_set_data_function(easy, CURLOPT_WRITEFUNCTION, onBody))
    }

    func set(onConnected: curl_prereq_callback) {
        note(unsafe berth_curl_set_prerequest_function(easy, onConnected))
    }

    func set(onOpenSocket: curl_opensocket_callback) {
        note(unsafe berth_curl_set_open_socket_function(easy, onOpenSocket))
    }

    /// Sets a body that curl copies and sends together with the header.
    func set(copyOf body: [UInt8]) {
        note(unsafe berth_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, Int64(body.count)))
        unsafe body.withUnsafeBytes { bytes in
            note(unsafe berth_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress))
        }
    }

    /// Sets a body of `size` bytes that curl reads piece by piece.
    func set(bodySize size: Int, onRead: curl_write_callback, onSeek: curl_seek_callback) {
        note(unsafe berth_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, Int64(size)))
        note(unsafe berth_curl_set_data_function(easy, CURLOPT_READFUNCTION, onRead))
        note(unsafe berth_curl_set_seek_function(easy, onSeek))
    }

    /// Sets the header lines in curl's syntax, once.
    func set(lines: [String]) {
        for line in lines {
            let list = unsafe line.withCString { unsafe curl_slist_append(fields, $0) }
            guard let list = unsafe list else { return note(CURLE_OUT_OF_MEMORY) }
            unsafe fields = list
        }
        note(unsafe berth_curl_set_list(easy, CURLOPT_HTTPHEADER, fields))
    }

    /// Sets the addresses of a name as `host:port:address,address`.
    ///
    /// curl forgets them after 60 s.
    func set(addresses text: String) {
        guard let list = unsafe curl_slist_append(nil, "+" + text) else {
            return note(CURLE_OUT_OF_MEMORY)
        }
        unsafe addresses = list
        note(unsafe berth_curl_set_list(easy, CURLOPT_RESOLVE, list))
    }

    private func note(_ code: CURLcode) { if failure == CURLE_OK { failure = code } }

    /// The error of the first option that curl refused since ``reset()``, or CURLE_OK.
    var refusal: CURLcode { failure }

    // MARK: While it runs

    /// Starts the transfer in `multi`.
    func add(to multi: UnsafeMutableRawPointer) -> CURLMcode {
        unsafe curl_multi_add_handle(multi, easy)
    }

    /// Removes the transfer, and closes its connection if the exchange was incomplete.
    func remove(from multi: UnsafeMutableRawPointer) {
        unsafe curl_multi_remove_handle(multi, easy)
    }

    /// Continues to read, beginning with the refused piece.
    ///
    /// It calls the body's callback before it returns.
    func resume() { unsafe curl_easy_pause(easy, CURLPAUSE_CONT) }

    /// The errno of the last failed connection, or 0 if none failed.
    var systemCode: Int32 { Int32(clamping: unsafe berth_curl_get_long(easy, CURLINFO_OS_ERRNO)) }

    /// The status of the proxy's answer to CONNECT, or 0 if no tunnel was asked for.
    var tunnelStatus: Int { unsafe berth_curl_get_long(easy, CURLINFO_HTTP_CONNECTCODE) }

    /// OpenSSL's code for the refused certificate of the server or of its proxy, or 0 for none.
    var verification: Int {
        let server = unsafe berth_curl_get_long(easy, CURLINFO_SSL_VERIFYRESULT)
        return server != 0
            ? server : unsafe berth_curl_get_long(easy, CURLINFO_PROXY_SSL_VERIFYRESULT)
    }

    /// The text of curl's error.
    ///
    /// `detailed` selects curl's own message, which is used for TLS only. For other errors it may
    /// contain more of the URL than the host.
    func reason(of code: CURLcode, detailed: Bool) -> String {
        if detailed, unsafe errorText[0] != 0 { return unsafe String(cString: errorText) }
        return unsafe String(cString: curl_easy_strerror(code))
    }
}
