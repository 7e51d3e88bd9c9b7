package import BerthLoop
import Glibc

/// A folder inside the machine's temporary folder.
///
/// It is deleted with its content when the last reference is released.
package final class TemporaryFolder: Sendable {
    /// The absolute path, without a slash at its end.
    package let path: String

    /// Makes an empty folder (mode 0700).
    ///
    /// `isInMemory` places it in memory, for tests that need no disk. A hundred databases that share
    /// one disk are slow.
    ///
    /// - Throws: `SystemError` if the temporary folder cannot be written.
    package init(inMemory isInMemory: Bool = false) throws(SystemError) {
        let usual = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        let base = unsafe isInMemory && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : usual
        var name = Array("\(base)/berth-test-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&name) != nil else { throw SystemError("mkdtemp(\(base))") }
        path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { TemporaryFolder.remove(path) }

    /// The path of `name` in the folder.
    package func path(of name: String) -> String { "\(path)/\(name)" }

    /// The content of the file `name`.
    ///
    /// - Throws: `SystemError` if there is no such file.
    package func read(_ name: String) throws(SystemError) -> [UInt8] {
        let descriptor = unsafe open(path(of: name), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open(\(name))") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe Glibc.read(descriptor, &piece, piece.count)
            guard count >= 0 else { throw SystemError("read(\(name))") }
            if count == 0 { return bytes }
            bytes += piece[..<count]
        }
    }

    /// Writes the file `name`, and replaces it if it exists.
    ///
    /// - Throws: `SystemError` if the file cannot be written whole.
    package func write(_ bytes: [UInt8], to name: String) throws(SystemError) {
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
        let descriptor = unsafe open(path(of: name), flags, 0o600)
        guard descriptor >= 0 else { throw SystemError("open(\(name))") }
        defer { close(descriptor) }
        let count = unsafe Glibc.write(descriptor, bytes, bytes.count)
        guard count == bytes.count else { throw SystemError("write(\(name))") }
    }

    private static func remove(_ path: String) {
        guard let folder = unsafe opendir(path) else { return }
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name == "." || name == ".." { continue }
            let child = "\(path)/\(name)"
            if unsafe unlink(child) != 0 { remove(child) }
        }
        unsafe closedir(folder)
        unsafe rmdir(path)
    }
}
