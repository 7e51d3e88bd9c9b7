import Glibc

/// Checks of short names.
enum Names {
    /// Whether `text` is 1 to `most` ASCII letters, digits and characters of `also`.
    static func isWord(_ text: some StringProtocol, most: Int, also: String) -> Bool {
        (1...most).contains(text.utf8.count)
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || also.contains($0)) }
    }

    static func isTimeZone(_ name: String) -> Bool {
        guard name != "UTC" else { return true }
        guard isWord(name, most: 64, also: "/_+-"), name.first != "/" else { return false }
        var info = stat()
        let code = unsafe stat("/usr/share/zoneinfo/\(name)", &info)
        return code == 0 && info.st_mode & S_IFMT == S_IFREG
    }
}
