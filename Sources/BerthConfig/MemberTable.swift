/// The known members of one kind of request.
package struct MemberTable: Sendable {
    /// The rows.
    package let rows: [RequestMember]
    /// The rows by the length of their names in bytes.
    private let byLength: [[RequestMember]]
    private let byFold: [[UInt8]: RequestMember]

    init(_ rows: [RequestMember]) {
        self.rows = rows
        let longest = rows.map(\.name.utf8.count).max() ?? 0
        var byLength = [[RequestMember]](repeating: [], count: longest + 1)
        for row in rows { byLength[row.name.utf8.count].append(row) }
        self.byLength = byLength
        byFold = Dictionary(
            rows.map { (MemberTable.folded(Array($0.name.utf8)[...]), $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The table's answer for a name.
    package enum Match: Equatable, Sendable {
        case known(RequestMember)
        /// Some servers read the name as that of the row, but Berth would not find it.
        case misspelt(RequestMember)
        case unknown
    }

    /// Looks a member up by its name, without escapes.
    ///
    /// Go's decoder ignores the case of names, and Google's takes `serviceTier` for `service_tier`.
    /// A name that differs from a known one in case, `_` or `-` alone could therefore reach a
    /// server as a member that Berth has not seen.
    package func match(_ name: ArraySlice<UInt8>) -> Match {
        if name.count < byLength.count,
            let row = byLength[name.count].first(where: { $0.name.utf8.elementsEqual(name) })
        {
            return .known(row)
        }
        return byFold[MemberTable.folded(name)].map { .misspelt($0) } ?? .unknown
    }

    /// A name without the differences that some servers ignore.
    ///
    /// Go also takes the long s and the Kelvin sign for `s` and `k`.
    /// Source: <https://pkg.go.dev/encoding/json#Unmarshal>, and
    /// <https://protobuf.dev/programming-guides/json/>.
    package static func folded(_ name: ArraySlice<UInt8>) -> [UInt8] {
        let ascii = String(decoding: name, as: UTF8.self).unicodeScalars.flatMap {
            scalar -> [UInt8] in
            switch scalar {
            case "_", "-": []
            case "A"..."Z": [UInt8(scalar.value + 0x20)]
            case "\u{17F}": [UInt8(ascii: "s")]
            case "\u{212A}": [UInt8(ascii: "k")]
            default: Array(String(scalar).utf8)
            }
        }
        return ascii
    }
}
