import Glibc

/// A system call that failed, with its errno.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    /// The call, such as `open(data/berth.lock)`.
    package let call: String
    /// The value of errno after the call.
    package let code: Int32

    /// Makes an error from the current errno, so `call` must have been the last call.
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
