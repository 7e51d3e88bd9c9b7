extension JSONObject {
    /// A string that ``walk(in:_:)`` finds.
    package enum Found {
        /// The name of a member, with its quotes.
        case name(ArraySlice<UInt8>)
        /// A string value with its quotes, and the name of the member that holds it.
        ///
        /// The name has its quotes too. It is empty if there is none. A list's elements have the
        /// name of the list.
        case string(ArraySlice<UInt8>, of: ArraySlice<UInt8>)
    }

    /// Calls `visit` with every name and every string value within `range`, at any depth, in order.
    ///
    /// `range` must be that of a checked value of ``bytes``. The time is linear, and the nesting is
    /// bounded by that of the check. The error of `visit` ends the walk.
    package func walk<Failure: Error>(
        in range: Range<Int>,
        _ visit: (Found) throws(Failure) -> Void
    ) throws(Failure) {
        var (outer, name, at) = ([Range<Int>](), 0..<0, range.lowerBound)
        while at < range.upperBound {
            switch bytes[at] {
            case UInt8(ascii: "\""):
                let text = at..<endOfString(from: at, within: range)
                at = text.upperBound
                if isName(before: at, within: range) {
                    name = text
                    try visit(.name(bytes[text]))
                } else {
                    try visit(.string(bytes[text], of: bytes[name]))
                }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): outer.append(name)
            case UInt8(ascii: "}"), UInt8(ascii: "]"): name = outer.popLast() ?? 0..<0
            case UInt8(ascii: ","): name = outer.last ?? 0..<0
            default: break
            }
            at += 1
        }
    }

    private func endOfString(from start: Int, within range: Range<Int>) -> Int {
        var scanner = JSONScanner(bytes, in: start..<range.upperBound)
        // The text was checked before.
        return (try? scanner.value())?.upperBound ?? range.upperBound
    }

    private func isName(before end: Int, within range: Range<Int>) -> Bool {
        var at = end
        while at < range.upperBound, bytes[at] <= 0x20 { at += 1 }
        return at < range.upperBound && bytes[at] == UInt8(ascii: ":")
    }
}
