import CCurl

/// curl's handle of one transfer, used again for the next, and what it points to meanwhile.
@safe final class HTTPClientHandle {
    private let easy: UnsafeMutableRawPointer
    private var fields: UnsafeMutablePointer<curl_slist>?
    private var addresses: UnsafeMutablePointer<curl_slist>?
    private let errorText: UnsafeMutablePointer<CChar>
    private var failure: CURLcode = CURLE_OK

    /// Makes a handle; nil when there is no memory for one.
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

    /// Forgets the last transfer; its connection stays in the pool.
    func reset() {
        unsafe curl_easy_reset(easy)
        unsafe curl_slist_free_all(fields)
        unsafe curl_slist_free_all(addresses)
        unsafe (fields, addresses) = (nil, nil)
        unsafe errorText[0] = 0
        failure = CURLE_OK
    }

    // MARK: Options

    func set(_ option: CURLoption, _ value: Int) {
        note(unsafe berth_curl_set_long(easy, option, value))
    }

    func set(_ option: CURLoption, _ value: String?) {
        note(unsafe berth_curl_set_text(easy, option, value))
    }

    /// What `CURLOPT_…FUNCTION`s are called with: not kept alive by curl.
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

    /// A body that curl copies, and sends together with the header.
    func set(copyOf body: [UInt8]) {
        note(unsafe berth_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, Int64(body.count)))
        unsafe body.withUnsafeBytes { bytes in
            note(unsafe berth_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress))
        }
    }

    /// A body of `size` bytes that curl fetches piece by piece.
    func set(bodySize size: Int, onRead: curl_write_callback, onSeek: curl_seek_callback) {
        note(unsafe berth_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, Int64(size)))
        note(unsafe berth_curl_set_data_function(easy, CURLOPT_READFUNCTION, onRead))
        note(unsafe berth_curl_set_seek_function(easy, onSeek))
    }

    /// Adds a header line, as curl wants it.
    func add(field line: String) {
        guard let list = unsafe curl_slist_append(fields, line) else {
            return note(CURLE_OUT_OF_MEMORY)
        }
        if unsafe fields == nil { note(unsafe berth_curl_set_list(easy, CURLOPT_HTTPHEADER, list)) }
        unsafe fields = list
    }

    /// Gives the addresses of a name: `host:port:address,address`, forgotten by curl after 60 s.
    func set(addresses text: String) {
        guard let list = unsafe curl_slist_append(nil, "+" + text) else {
            return note(CURLE_OUT_OF_MEMORY)
        }
        unsafe addresses = list
        note(unsafe berth_curl_set_list(easy, CURLOPT_RESOLVE, list))
    }

    private func note(_ code: CURLcode) { if failure == CURLE_OK { failure = code } }

    /// What the first option was refused for since ``reset()``; CURLE_OK when none was.
    var refusal: CURLcode { failure }

    // MARK: While it runs

    /// Starts to run as one of `multi`'s.
    func add(to multi: UnsafeMutableRawPointer) -> CURLMcode {
        unsafe curl_multi_add_handle(multi, easy)
    }

    /// Ends it, and closes its connection where the exchange was not complete.
    func remove(from multi: UnsafeMutableRawPointer) {
        unsafe curl_multi_remove_handle(multi, easy)
    }

    /// Continues to read, beginning with what was refused: calls the body's function itself.
    func resume() { unsafe curl_easy_pause(easy, CURLPAUSE_CONT) }

    /// The errno of the last failed connection, 0 when there was none.
    var systemCode: Int32 { Int32(clamping: unsafe berth_curl_get_long(easy, CURLINFO_OS_ERRNO)) }

    /// What curl says of its failure; of TLS it has details, elsewhere it may hold more than a host.
    func reason(of code: CURLcode, detailed: Bool) -> String {
        if detailed, unsafe errorText[0] != 0 { return unsafe String(cString: errorText) }
        return unsafe String(cString: curl_easy_strerror(code))
    }
}
