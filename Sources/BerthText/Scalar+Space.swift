extension Unicode.Scalar {
    /// Whether Unicode counts the scalar as white space.
    ///
    /// It is `properties.isWhitespace` without the look into a table.
    /// Source: <https://www.unicode.org/Public/UCD/latest/ucd/PropList.txt>, White_Space.
    package var isSpace: Bool {
        switch value {
        case 0x09...0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F,
            0x3000:
            true
        default: false
        }
    }

    /// Whether Unicode ends a line at the scalar.
    ///
    /// Source: <https://www.unicode.org/reports/tr14/>, classes BK, CR, LF and NL.
    package var isLineEnd: Bool {
        switch value {
        case 0x0A...0x0D, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }
}
