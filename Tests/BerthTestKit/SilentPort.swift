package import BerthLoop
import CLinux
import Glibc

/// A TCP port of 127.0.0.1 on which no program listens, and none can while this object lives.
package final class SilentPort: Sendable {
    /// The port's number.
    package let number: Int
    private let descriptor: Int32

    /// Reserves a free port.
    ///
    /// - Throws: `SystemError` if the machine has none.
    package init() throws(SystemError) {
        descriptor = socket(AF_INET, berth_stream_socket, 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let code = unsafe withUnsafeMutablePointer(to: &name) { name in
            unsafe name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                unsafe bind(descriptor, name, size) == 0
                    ? unsafe getsockname(descriptor, name, &size) : -1
            }
        }
        number = Int(UInt16(bigEndian: name.sin_port))
        guard code == 0 else { throw SystemError("bind") }
    }

    deinit { close(descriptor) }
}
