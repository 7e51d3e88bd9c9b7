import CEdit

/// The editor of a terminal's lines: libedit, which is loaded when a conversation begins.
///
/// There is one, as there is one terminal. All its functions except ``interrupt()`` are called on the
/// thread that reads.
enum TerminalEditor {
    /// The messages that the arrow keys bring back.
    static let mostMessages = 200
    /// The bytes at which a pasted text is cut, which are more than the service takes.
    static let mostPasted = 512 << 10

    /// The end of a line.
    enum Line: Sendable {
        /// A line, or a pasted text of several, without the newline at the end.
        case text(String)
        /// The line was dropped by ``interrupt()``.
        case interrupted
        /// There is no further line.
        case end
    }

    /// Whether libedit can be loaded.
    static var isInstalled: Bool { berth_edit_find() == 0 }

    /// Opens the editor.
    ///
    /// - Returns: false if libedit is not installed or the terminal cannot be edited.
    static func open() -> Bool { berth_edit_open(Int32(mostMessages), Int32(mostPasted)) == 0 }

    /// Adds a message to those that the arrow keys bring back.
    static func add(_ message: String) { unsafe berth_edit_add(message) }

    /// Reads a line.
    static func line(prompt: String) -> Line {
        var count: Int32 = 0
        guard let start = unsafe berth_edit_line(prompt, &count) else {
            return count < 0 ? .interrupted : .end
        }
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: Int(count))
        let text = unsafe String(decoding: bytes, as: UTF8.self)
        return .text(text.hasSuffix("\n") ? String(text.dropLast()) : text)
    }

    /// Drops the line that is being read, or the next one if none is.
    ///
    /// It may be called on any thread.
    static func interrupt() { berth_edit_interrupt() }
}
