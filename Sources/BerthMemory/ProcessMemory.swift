import Glibc

/// What the kernel says this process holds: `/proc/self/smaps_rollup` and `/proc/self/status`.
package struct ProcessMemory: Sendable {
    /// Mapped pages that are in memory, shared ones included.
    package let resident: ByteCount
    /// The part that nothing can reclaim: heap, stacks, written pages.
    package let anonymous: ByteCount
    /// Threads of this process.
    package let threads: Int

    /// Reads the kernel's figures: about 1 ms, so not once a request.
    ///
    /// - Returns: nil where `/proc` is not mounted or is unlike Linux's.
    package static func read() -> ProcessMemory? {
        guard let rollup = FileText.read("/proc/self/smaps_rollup"),
            let status = FileText.read("/proc/self/status"),
            let resident = rollup.field("Rss:"), let anonymous = rollup.field("Anonymous:"),
            let threads = status.field("Threads:")
        else { return nil }
        return ProcessMemory(
            resident: .kibibytes(resident),
            anonymous: .kibibytes(anonymous),
            threads: threads
        )
    }
}

/// A small text file of the kernel's: `name: number unit` lines.
private struct FileText {
    private let text: String

    static func read(_ path: String) -> FileText? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 8192)
        let count = unsafe Glibc.read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return FileText(text: String(decoding: bytes[..<count], as: UTF8.self))
    }

    func field(_ name: String) -> Int? {
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            let number = line.dropFirst(name.utf8.count).drop { $0 == " " || $0 == "\t" }
            return Int(number.prefix { $0.isNumber })
        }
        return nil
    }
}
