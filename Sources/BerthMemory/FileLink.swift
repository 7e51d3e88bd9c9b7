import Glibc

/// Symbolic links.
enum FileLink {
    /// The target of the link at `path`, or nil if it is no link, cannot be read, or its target is
    /// longer than 4,096 bytes.
    static func target(of path: String) -> String? {
        var bytes = [CChar](repeating: 0, count: 4097)
        let count = unsafe readlink(path, &bytes, bytes.count)
        guard count > 0, count < bytes.count else { return nil }
        return String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
