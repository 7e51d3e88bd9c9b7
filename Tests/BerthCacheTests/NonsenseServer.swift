import BerthLoop
import BerthTestKit
import CLinux
import Glibc

/// A server on a Unix socket that gives the same answer to everything.
@Loop final class NonsenseServer {
    let path: String
    var answer: String
    /// A function that is called after each answer, in the same turn of the loop.
    var onReply: (@Loop () -> Void)?
    private let folder: TemporaryFolder
    private let listener: Int32
    private var watches: [Int32: Watch] = [:]

    init(answer: String) throws {
        self.answer = answer
        folder = try TemporaryFolder()
        path = folder.path(of: "nonsense.sock")
        listener = socket(AF_UNIX, berth_stream_socket, 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &name.sun_path) { [path] in
            unsafe $0.copyBytes(from: path.utf8)
        }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let code = unsafe withUnsafePointer(to: &name) { name in
            unsafe name.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, size)
            }
        }
        guard code == 0, listen(listener, 16) == 0 else { throw SystemError("bind") }
        watches[listener] = try Watch(listener, for: .readable) { [weak self] _ in self?.accept() }
    }

    /// Sends `text` to all connected clients.
    func say(_ text: String) {
        for peer in watches.keys where peer != listener { say(text, to: peer) }
    }

    /// Closes all connections.
    func close() {
        for (descriptor, watch) in watches {
            watch.cancel()
            Glibc.close(descriptor)
        }
        watches = [:]
    }

    private func accept() {
        let peer = Glibc.accept(listener, nil, nil)
        guard peer >= 0 else { return }
        watches[peer] = try? Watch(peer, for: .readable) { [weak self] _ in self?.reply(to: peer) }
    }

    private func reply(to peer: Int32) {
        var bytes = [UInt8](repeating: 0, count: 4096)
        guard unsafe recv(peer, &bytes, bytes.count, Int32(MSG_DONTWAIT)) > 0 else {
            watches.removeValue(forKey: peer)?.cancel()
            Glibc.close(peer)
            return
        }
        say(answer, to: peer)
        onReply?()
    }

    private func say(_ text: String, to peer: Int32) {
        let bytes = Array(text.utf8)
        _ = unsafe send(peer, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }
}
