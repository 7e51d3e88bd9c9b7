import Glibc

/// The names in a folder, read one after the other.
@safe final class FolderReader {
    private let folder: OpaquePointer

    /// Opens a folder, or returns nil if it cannot be read.
    init?(_ path: String) {
        guard let folder = unsafe opendir(path) else { return nil }
        unsafe self.folder = folder
    }

    deinit { unsafe closedir(folder) }

    /// The next name, or nil at the end.
    func next() -> String? {
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { return name }
        }
        return nil
    }

    /// All names of a folder, sorted.
    ///
    /// None if it cannot be read.
    static func names(in path: String) -> [String] {
        guard let reader = FolderReader(path) else { return [] }
        var names: [String] = []
        while let name = reader.next() { names.append(name) }
        return names.sorted()
    }
}
