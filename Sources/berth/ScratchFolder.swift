import BerthLoop
import Glibc

/// A new folder inside the machine's temporary folder, for one run of a verb.
struct ScratchFolder {
    /// The absolute path without a slash at its end.
    let path: String

    /// Makes the folder, accessible to this user only.
    ///
    /// - Throws: `SystemError` if the temporary folder cannot be written.
    init(_ name: String) throws(SystemError) {
        let base = Environment.value("TMPDIR") ?? "/tmp"
        var text = Array("\(base)/\(name)-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&text) != nil else { throw SystemError("mkdtemp(\(base))") }
        path = String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Writes `text` to the new file `name`.
    ///
    /// - Returns: the file's path.
    /// - Throws: `SystemError` if it cannot be written completely.
    func write(_ text: String, to name: String) throws(SystemError) -> String {
        let (file, bytes) = ("\(path)/\(name)", Array(text.utf8))
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError("open(\(file))") }
        defer { close(descriptor) }
        guard unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw SystemError("write(\(file))")
        }
        return file
    }

    /// Removes the folder with everything in it.
    func remove() { ScratchFolder.remove(path) }

    /// Links are removed, not followed.
    private static func remove(_ path: String) {
        if unsafe unlink(path) == 0 { return }
        guard let folder = unsafe opendir(path) else { return }
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { remove("\(path)/\(name)") }
        }
        unsafe closedir(folder)
        unsafe rmdir(path)
    }
}
