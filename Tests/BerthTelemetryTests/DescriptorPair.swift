import BerthLoop
import CLinux
import Glibc

/// Two ends of a pipe, a pair of sockets or a terminal, and what was read from one of them.
@Loop final class DescriptorPair {
    /// The end that a log writes to.
    ///
    /// It blocks, as a shell's does.
    nonisolated let writing: Int32
    private nonisolated let reading: Int32
    private(set) var text = ""

    private init(_ reading: Int32, _ writing: Int32) {
        self.reading = reading
        self.writing = writing
        let flags = fcntl(reading, F_GETFL)
        _ = fcntl(reading, F_SETFL, flags | O_NONBLOCK)
    }

    deinit {
        close(reading)
        close(writing)
    }

    static func pipe() -> DescriptorPair {
        var ends: [Int32] = [-1, -1]
        _ = unsafe Glibc.pipe(&ends)
        return DescriptorPair(ends[0], ends[1])
    }

    static func sockets() -> DescriptorPair {
        var ends: [Int32] = [-1, -1]
        _ = unsafe socketpair(AF_UNIX, berth_stream_kind, 0, &ends)
        return DescriptorPair(ends[0], ends[1])
    }

    /// A terminal, whose user reads and types at the first end.
    static func terminal() -> DescriptorPair {
        let user = unsafe Glibc.open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var (lock, number): (Int32, UInt32) = (0, 0)
        _ = unsafe ioctl(user, 0x4004_5431, &lock)  // TIOCSPTLCK
        _ = unsafe ioctl(user, 0x8004_5430, &number)  // TIOCGPTN
        return DescriptorPair(user, unsafe Glibc.open("/dev/pts/\(number)", O_RDWR | O_NOCTTY))
    }

    /// A place that is no pair, by its name in a test.
    static nonisolated func open(_ place: String) -> Int32 {
        switch place {
        case "nothing": return -1
        case "a file":
            var name = Array("/tmp/berth-log-XXXXXX".utf8CString)
            let descriptor = unsafe mkstemp(&name)
            _ = unsafe unlink(name)
            return descriptor
        case "a closed pipe":
            var ends: [Int32] = [-1, -1]
            _ = unsafe Glibc.pipe(&ends)
            close(ends[0])
            return ends[1]
        default: return unsafe Glibc.open(place, O_WRONLY)
        }
    }

    /// Types Ctrl-S.
    func stop() { type(0x13) }

    /// Types Ctrl-Q.
    func go() { type(0x11) }

    private func type(_ key: UInt8) {
        var key = key
        _ = unsafe Glibc.write(reading, &key, 1)
    }

    /// Reads what has come, and returns all of it so far.
    @discardableResult
    func read() -> String {
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = unsafe Glibc.read(reading, &piece, piece.count)
            guard count > 0 else { break }
            text += String(decoding: piece.prefix(count), as: UTF8.self)
                .replacing("\r\n", with: "\n")
        }
        return text
    }

    /// Reads what has come, and counts `words` in all of it.
    func count(of words: String) -> Int {
        read()
        return text.split(separator: words, omittingEmptySubsequences: false).count - 1
    }
}
