/// The ends of the lines of a text, each of which is LF, CR or CRLF.
///
/// Each byte is looked at once for each of the two marks, many bytes at a time.
struct LineEnds {
    private let bytes: [UInt8]
    /// The next LF and the next CR, or the number of bytes if there is none.
    private var newline = -1
    private var carriageReturn = -1

    /// Begins at the start of `bytes`.
    init(of bytes: [UInt8]) { self.bytes = bytes }

    /// The index of the first LF or CR at `start` or after it, or nil if there is none.
    ///
    /// `start` never goes back.
    mutating func next(from start: Int) -> Int? {
        if newline < start { newline = bytes.firstIndex(ofByte: 0x0A, from: start) }
        if carriageReturn < start { carriageReturn = bytes.firstIndex(ofByte: 0x0D, from: start) }
        let end = min(newline, carriageReturn)
        return end < bytes.count ? end : nil
    }
}
