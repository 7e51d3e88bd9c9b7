import Glibc

/// Text of a request's head: ASCII, or else ISO-8859-1 (RFC 9110, section 5.5), whose characters are
/// compared in a linear time.
enum HeadText {
    /// The text of bytes that end with a NUL.
    static func read(_ bytes: UnsafePointer<CChar>) -> String {
        let text = unsafe String(cString: bytes)
        guard !isASCII(text) else { return text }
        let scalars = unsafe UnsafeBufferPointer(start: bytes, count: strlen(bytes)).map {
            Unicode.Scalar(UInt8(bitPattern: $0))
        }
        return String(String.UnicodeScalarView(scalars))
    }

    /// Whether a text is ASCII, of which eight bytes are looked at together.
    static func isASCII(_ text: String) -> Bool {
        unsafe text.utf8.withContiguousStorageIfAvailable { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            var at = 0
            while at + 8 <= bytes.count {
                let eight = unsafe bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)
                guard eight & 0x8080_8080_8080_8080 == 0 else { return false }
                at += 8
            }
            return unsafe bytes[at...].allSatisfy { $0 < 0x80 }
        } ?? text.utf8.allSatisfy { $0 < 0x80 }
    }
}
