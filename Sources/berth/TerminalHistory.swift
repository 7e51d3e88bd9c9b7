import BerthText
import Glibc

/// The messages of former conversations that the arrow keys bring back, in a file of the user.
///
/// The file has one JSON string a line and mode 0600. It is replaced as a whole, so two conversations at
/// once may lose one of two messages of the same moment. A file that cannot be written keeps none.
struct TerminalHistory: Sendable {
    /// The longest message that is kept, in bytes of JSON.
    static let longest = 16 << 10
    /// The most bytes of the file.
    static let mostBytes = 256 << 10

    /// The file's path.
    let path: String

    /// Finds the file by the environment variables `XDG_STATE_HOME` and `HOME`.
    ///
    /// Returns nil if neither is an absolute path.
    init?(environment: (String) -> String?) {
        // Source: XDG Base Directory Specification.
        let state = environment("XDG_STATE_HOME") ?? ""
        let home = environment("HOME") ?? ""
        guard state.hasPrefix("/") || home.hasPrefix("/") else { return nil }
        path = (state.hasPrefix("/") ? state : home + "/.local/state") + "/berth/history"
    }

    /// The messages, the oldest first.
    func messages() -> [String] {
        let lines = bytes().split(separator: UInt8(ascii: "\n"))
        return lines.suffix(TerminalEditor.mostMessages).compactMap {
            try? JSON.decode(String.self, from: $0)
        }
    }

    /// Adds a message as the newest.
    ///
    /// A long message is not kept, nor is one that begins with a space.
    func add(_ message: String) {
        let line = JSON.quote(message)
        guard line.count <= Self.longest, message.first?.isWhitespace == false else { return }
        var lines = [line]
        var size = line.count + 1
        for other in messages().reversed() where other != message {
            let line = JSON.quote(other)
            size += line.count + 1
            guard size <= Self.mostBytes, lines.count < TerminalEditor.mostMessages else { break }
            lines.append(line)
        }
        write(lines.reversed().flatMap { $0 + [UInt8(ascii: "\n")] })
    }

    // MARK: The file

    private func bytes() -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Self.mostBytes)
        // One call reads a whole file.
        let size = unsafe bytes.withUnsafeMutableBytes {
            unsafe read(descriptor, $0.baseAddress, $0.count)
        }
        return Array(bytes.prefix(max(0, size)))
    }

    private func write(_ bytes: [UInt8]) {
        makeFolder()
        let new = path + ".\(getpid())"
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        let descriptor = unsafe open(new, flags, 0o600)
        guard descriptor >= 0 else { return }
        let count = unsafe Glibc.write(descriptor, bytes, bytes.count)
        close(descriptor)
        if count == bytes.count, unsafe rename(new, path) == 0 { return }
        unsafe unlink(new)
    }

    private func makeFolder() {
        // A failure shows when the file is opened.
        for end in path.indices.dropFirst() where path[end] == "/" {
            unsafe mkdir(String(path[..<end]), 0o700)
        }
    }
}
