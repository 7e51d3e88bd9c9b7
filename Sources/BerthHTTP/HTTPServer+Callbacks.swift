import BerthLoop
import CMicrohttpd

// The callbacks of libmicrohttpd, which runs them on the loop's thread within MHD_run or
// MHD_stop_daemon. They are plain functions, because a closure made in an isolated context would
// check its isolation and trap.

extension HTTPServer {
    /// The server that libmicrohttpd was started with, from the context of a callback.
    fileprivate nonisolated static func of(_ context: UnsafeMutableRawPointer?) -> HTTPServer? {
        unsafe context.map { unsafe Unmanaged<HTTPServer>.fromOpaque($0).takeUnretainedValue() }
    }
}

nonisolated func admitConnection(
    _ context: UnsafeMutableRawPointer?,
    _ address: UnsafePointer<sockaddr>?,
    _: socklen_t
) -> MHD_Result {
    guard let server = unsafe HTTPServer.of(context) else { return .NO }
    let peer = unsafe HTTPPeer(address: address)
    return Loop.assumeIsolated { server.admits(peer) } ? .YES : .NO
}

nonisolated func connectionChanged(
    _ context: UnsafeMutableRawPointer?,
    _ handle: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    _ change: MHD_ConnectionNotificationCode
) {
    guard let server = unsafe HTTPServer.of(context), let handle = unsafe handle,
        let slot = unsafe slot
    else { return }
    if change == .CONNECTION_NOTIFY_STARTED {
        let descriptor = unsafe berth_mhd_socket(handle)
        let connection = Loop.assumeIsolated { server.opened(descriptor) }
        unsafe slot.pointee = Unmanaged.passRetained(connection).toOpaque()
    } else if let pointer = unsafe slot.pointee {
        let connection = unsafe Unmanaged<HTTPServerConnection>.fromOpaque(pointer)
            .takeRetainedValue()
        Loop.assumeIsolated { server.closed(connection) }
        unsafe slot.pointee = nil
    }
}

/// Makes the exchange of a request.
///
/// The returned pointer becomes the context of the request, and ``requestCompleted`` gets it back.
nonisolated func requestLineArrived(
    _ context: UnsafeMutableRawPointer?,
    _ target: UnsafePointer<CChar>?,
    _ handle: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let server = unsafe HTTPServer.of(context), let handle = unsafe handle,
        let pointer = unsafe berth_mhd_context(handle)
    else { return nil }
    let connection = unsafe Unmanaged<HTTPServerConnection>.fromOpaque(pointer)
        .takeUnretainedValue()
    let text = unsafe target.map { unsafe String(cString: $0) } ?? ""
    if let target = unsafe target { unsafe berth_mhd_cut_query(target) }
    nonisolated(unsafe) let request = unsafe handle
    let exchange = Loop.assumeIsolated {
        unsafe HTTPServerExchange(request, target: text, connection: connection, server: server)
    }
    return unsafe Unmanaged.passRetained(exchange).toOpaque()
}

nonisolated func requestArrived(
    _: UnsafeMutableRawPointer?,
    _: OpaquePointer?,
    _: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?,
    _ version: UnsafePointer<CChar>?,
    _ upload: UnsafePointer<CChar>?,
    _ size: UnsafeMutablePointer<Int>?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let pointer = unsafe slot?.pointee, let size = unsafe size else { return .NO }
    let exchange = unsafe Unmanaged<HTTPServerExchange>.fromOpaque(pointer).takeUnretainedValue()
    guard unsafe size.pointee > 0 else {
        let method = unsafe method.map { unsafe HeadText.read($0) } ?? ""
        let takesInterim = unsafe berth_mhd_takes_interim(version) != 0
        return Loop.assumeIsolated { exchange.proceed(method: method, takesInterim: takesInterim) }
            ? .YES : .NO
    }
    nonisolated(unsafe) let bytes = unsafe UnsafeRawBufferPointer(
        start: upload,
        count: size.pointee
    )
    guard let taken = Loop.assumeIsolated({ unsafe exchange.receive(bytes) }) else { return .NO }
    unsafe size.pointee -= taken
    return .YES
}

nonisolated func requestCompleted(
    _: UnsafeMutableRawPointer?,
    _: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    _ code: MHD_RequestTerminationCode
) {
    guard let pointer = unsafe slot?.pointee else { return }
    let exchange = unsafe Unmanaged<HTTPServerExchange>.fromOpaque(pointer).takeRetainedValue()
    unsafe slot?.pointee = nil
    Loop.assumeIsolated { exchange.end(wasAnswered: code == .REQUEST_TERMINATED_COMPLETED_OK) }
}
