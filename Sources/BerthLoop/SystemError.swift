import Glibc

/// A system call that failed, with its errno.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    /// The call, as `open(data/berth.lock)`.
    package let call: String
    /// errno as the call left it.
    package let code: Int32

    /// Takes errno as it is now; `call` must be the last thing that was done.
    package init(_ call: String, code: Int32 = errno) {
        self.call = call
        self.code = code
    }

    package var description: String { "\(call): \(reason)" }

    private var reason: String {
        var text = [CChar](repeating: 0, count: 128)
        guard unsafe strerror_r(code, &text, text.count) == 0 else { return "errno \(code)" }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
