import BerthMemory
import CLinux
import Glibc

/// Log lines that wait for their reader, in memory that a signal handler can read.
@safe struct LogBuffer: ~Copyable {
    // Unsafe and sound: the struct is the memory's only owner, and frees it at its end.
    private nonisolated(unsafe) let log: UnsafeMutablePointer<berth_log_buffer>
    private let capacity: Int

    /// Makes an empty buffer of `capacity` bytes.
    init(_ capacity: ByteCount, for outlet: LogOutlet) {
        self.capacity = capacity.bytes
        unsafe log = .allocate(capacity: 1)
        unsafe log.initialize(
            to: berth_log_buffer(
                bytes: .allocate(capacity: capacity.bytes),
                start: 0,
                end: 0,
                descriptor: outlet.descriptor,
                most: outlet.most
            )
        )
    }

    deinit {
        unsafe log.pointee.bytes.deallocate()
        unsafe log.deallocate()
    }

    /// Whether no line waits.
    var isEmpty: Bool { unsafe log.pointee.start == log.pointee.end }

    /// Whether a line and its newline fit.
    func hasRoom(for line: String) -> Bool {
        let waiting = unsafe log.pointee.end - log.pointee.start
        return line.utf8.count < capacity - waiting
    }

    /// Adds a line and its newline, unless it does not fit.
    ///
    /// - Returns: whether it fits.
    mutating func append(_ line: String) -> Bool {
        guard hasRoom(for: line) else { return false }
        var line = line
        line.withUTF8 { text in
            makeRoom(text.count + 1)
            let place = unsafe log.pointee.bytes + log.pointee.end
            if let source = text.baseAddress { unsafe memcpy(place, source, text.count) }
            unsafe place[text.count] = CChar(bitPattern: UInt8(ascii: "\n"))
            unsafe log.pointee.end += text.count + 1
        }
        return true
    }

    /// Moves the waiting bytes to the beginning if fewer than `count` are free behind them.
    private mutating func makeRoom(_ count: Int) {
        let (start, end) = unsafe (log.pointee.start, log.pointee.end)
        guard end + count > capacity else { return }
        unsafe memmove(log.pointee.bytes, log.pointee.bytes + start, end - start)
        unsafe log.pointee.start = 0
        unsafe log.pointee.end = end - start
    }

    /// Writes the beginning of the waiting bytes, and removes what was written.
    ///
    /// - Returns: whether the outlet took any.
    mutating func write(to outlet: LogOutlet) -> Bool {
        let (start, end) = unsafe (log.pointee.start, log.pointee.end)
        let waiting = unsafe UnsafeRawBufferPointer(
            start: log.pointee.bytes + start,
            count: end - start
        )
        let count = unsafe outlet.write(waiting)
        unsafe log.pointee.start = start + count == end ? 0 : start + count
        if start + count == end { unsafe log.pointee.end = 0 }
        return count > 0
    }

    /// Begins or ends writing the waiting lines in a crash of the process.
    func coverCrashes(_ isCovered: Bool) {
        unsafe berth_write_log_at_crash(isCovered ? log : nil)
    }
}
