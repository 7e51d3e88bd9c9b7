import CZlib

/// gzip (RFC 1952) for whole text answers.
enum Gzip {
    /// The sizes of the answers that are compressed.
    ///
    /// A smaller answer fits one packet as it is. A larger one would block the loop for too long:
    /// 64 KiB of text take about 1 ms.
    static let worthwhile = 1400...(64 << 10)

    /// Compresses `bytes` into one gzip member.
    ///
    /// - Returns: nil if that failed, or the result would not be smaller.
    static func compress(_ bytes: [UInt8]) -> [UInt8]? {
        let room = berth_gzip_bound(bytes.count)
        let compressed = unsafe [UInt8](unsafeUninitializedCapacity: room) { out, count in
            unsafe count = berth_gzip(bytes, bytes.count, out.baseAddress, room)
        }
        return compressed.isEmpty || compressed.count >= bytes.count ? nil : compressed
    }

    /// Whether a Content-Type is a kind of text that gzip makes smaller.
    static func isText(_ type: String) -> Bool {
        let type = type.prefix { $0 != ";" && $0 != " " }.lowercased()
        return type.hasPrefix("text/")
            || ["application/json", "application/javascript", "image/svg+xml"].contains(type)
    }

    /// Whether an Accept-Encoding allows gzip, by name or by `*`, with a weight above 0.
    static func isAccepted(by field: String) -> Bool {
        var any = false
        for item in field.lowercased().split(separator: ",") {
            let parts = item.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard let name = parts.first else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }?.dropFirst(2)
            let isWanted = weight.map { (Double($0) ?? 0) > 0 } ?? true
            if name == "gzip" || name == "x-gzip" { return isWanted }
            if name == "*" { any = isWanted }
        }
        return any
    }
}
