package import BerthLoop

/// The names with the most requests, within a bound.
///
/// They decide lifetimes and the values loaded after a restart. Each name has a count that halves
/// with every `halfLife`. When there are more than twice `most` names, all except the `most`
/// highest counts are removed. The set holds hashes, never the questions.
package struct HotSet: Sendable {
    /// The record of one name.
    struct Entry: Equatable, Sendable {
        var count: Double
        var at: Timestamp
        var changes: Int
        /// The checksum of the last value, or 0 if none is known.
        var value: UInt64
    }

    private let most: Int
    private let halfLife: Duration
    private(set) var entries: [CacheKey: Entry] = [:]

    /// Makes an empty set.
    ///
    /// - Parameters:
    ///   - most: the number of names kept for long, 1 or more. Each takes about 200 bytes, and at
    ///     most twice as many are held.
    ///   - halfLife: the time in which a count halves.
    package init(most: Int = 1_024, halfLife: Duration = .seconds(6 * 3_600)) {
        self.most = max(1, most)
        self.halfLife = halfLife
    }

    /// The number of known names.
    package var count: Int { entries.count }

    /// Counts one request for `key`.
    ///
    /// - Returns: its count with this request, which is 1 for a new name.
    @discardableResult
    package mutating func touch(_ key: CacheKey, at now: Timestamp) -> Double {
        var entry = entries[key] ?? Entry(count: 0, at: now, changes: 0, value: 0)
        entry.count = weight(of: entry, at: now) + 1
        entry.at = now
        entries[key] = entry
        if entries.count > 2 * most { prune(at: now) }
        return entry.count
    }

    /// The count of `key` at `now`, which is 0 for an unknown name.
    package func weight(of key: CacheKey, at now: Timestamp) -> Double {
        entries[key].map { weight(of: $0, at: now) } ?? 0
    }

    /// Records the checksum of a new value.
    ///
    /// - Returns: the number of changes less the number of times it stayed the same, 0 or more.
    mutating func note(value: UInt64, of key: CacheKey) -> Int {
        guard var entry = entries[key] else { return 0 }
        if entry.value != 0 {
            entry.changes = max(0, entry.changes + (entry.value == value ? -1 : 1))
        }
        entry.value = value
        entries[key] = entry
        return entry.changes
    }

    /// The names with the highest counts, highest first.
    package func hottest(_ count: Int, at now: Timestamp) -> [CacheKey] {
        ranked(at: now).prefix(count).map(\.key)
    }

    private func ranked(at now: Timestamp) -> [(key: CacheKey, weight: Double)] {
        entries.map { ($0.key, weight(of: $0.value, at: now)) }.sorted {
            $0.1 == $1.1 ? $0.0.hash.lexicographicallyPrecedes($1.0.hash) : $0.1 > $1.1
        }
    }

    private mutating func prune(at now: Timestamp) {
        for (key, _) in ranked(at: now).dropFirst(most) { entries[key] = nil }
    }

    private func weight(of entry: Entry, at now: Timestamp) -> Double {
        let age = max(0, (now - entry.at).seconds)
        return entry.count * HotSet.halved(age / halfLife.seconds)
    }

    /// 2 to the power of -`times`, computed without the mathematics library.
    ///
    /// Between two whole halvings it is a straight line, which is at most 6 % above the curve.
    private static func halved(_ times: Double) -> Double {
        guard times < 60 else { return 0 }
        let whole = times.rounded(.down)
        return (1 - (times - whole) / 2) / Double(1 << Int(whole))
    }
}

extension HotSet {
    /// Encodes the `most` hottest names for ``init(serialized:most:halfLife:)`` after a restart.
    package func serialized(at now: Timestamp) -> [UInt8] {
        var bytes = HotSet.mark
        for key in hottest(most, at: now) {
            guard let entry = entries[key] else { continue }
            bytes += [key.kind.rawValue, UInt8(key.hash.count)] + key.hash
            bytes.append(littleEndian: entry.count.bitPattern)
            bytes.append(littleEndian: entry.at.milliseconds)
            bytes.append(littleEndian: UInt64(clamping: entry.changes))
            bytes.append(littleEndian: entry.value)
        }
        bytes.append(littleEndian: Checksum.of(bytes))
        return bytes
    }

    /// Decodes the bytes of ``serialized(at:)``, or returns nil if they are damaged or of another
    /// kind.
    package init?(
        serialized bytes: [UInt8],
        most: Int = 1_024,
        halfLife: Duration = .seconds(6 * 3_600)
    ) {
        self.init(most: most, halfLife: halfLife)
        let end = bytes.count - 8
        guard end >= HotSet.mark.count, bytes.starts(with: HotSet.mark),
            bytes.littleEndian(at: end, as: UInt64.self) == Checksum.of(Array(bytes[..<end]))
        else { return nil }
        var at = HotSet.mark.count
        while at < end, entries.count < self.most {
            guard let (key, entry, next) = HotSet.entry(bytes, at: at, before: end) else {
                return nil
            }
            entries[key] = entry
            at = next
        }
    }

    /// The most requests and changes that are read for one name.
    private static let mostCounted = 1e9
    private static let mostChanges = 1 << 20

    private static let mark = Array("berth hot 1\n".utf8)

    private static func entry(
        _ bytes: [UInt8],
        at start: Int,
        before end: Int
    ) -> (CacheKey, Entry, Int)? {
        guard start + 2 <= end, let kind = CacheKind(rawValue: bytes[start]) else { return nil }
        let size = Int(bytes[start + 1])
        let after = start + 2 + size
        guard (16...64).contains(size), after + 32 <= end,
            let count = bytes.littleEndian(at: after, as: UInt64.self),
            let at = bytes.littleEndian(at: after + 8, as: Int64.self),
            let changes = bytes.littleEndian(at: after + 16, as: UInt64.self),
            let value = bytes.littleEndian(at: after + 24, as: UInt64.self)
        else { return nil }
        let weight = Double(bitPattern: count)
        let entry = Entry(
            count: weight.isFinite ? min(max(0, weight), mostCounted) : 0,
            at: Timestamp(milliseconds: at),
            changes: Int(min(changes, UInt64(mostChanges))),
            value: value
        )
        return (CacheKey(kind, hash: Array(bytes[start + 2..<after])), entry, after + 32)
    }
}
