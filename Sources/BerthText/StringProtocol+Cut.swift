extension StringProtocol {
    /// The beginning of the text, at most `most` bytes of UTF-8, cut between two scalars.
    ///
    /// A character may consist of any number of bytes, so a count of characters is no bound. Text
    /// from outside is cut with this function alone.
    package func cut(toBytes most: Int) -> String {
        guard utf8.count > most else { return String(self) }
        var count = Swift.max(0, most)
        // A scalar has at most three bytes that continue it.
        while count > 0, utf8[utf8.index(startIndex, offsetBy: count)] & 0xC0 == 0x80 { count -= 1 }
        return String(self[..<utf8.index(startIndex, offsetBy: count)])
    }

    /// The text as an error quotes it: ``cut(toBytes:)``, followed by an ellipsis if it was cut.
    package func shortened(toBytes most: Int = 100) -> String {
        utf8.count > most ? cut(toBytes: most) + "…" : String(self)
    }
}
