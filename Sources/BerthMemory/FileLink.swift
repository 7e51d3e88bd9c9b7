import Glibc

/// Symbolic links.
enum FileLink {
    /// What `path` points to; nil where it is no link, may not be read, or is over 4,096 bytes long.
    static func target(of path: String) -> String? {
        var bytes = [CChar](repeating: 0, count: 4097)
        let count = unsafe readlink(path, &bytes, bytes.count)
        guard count > 0, count < bytes.count else { return nil }
        return String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
