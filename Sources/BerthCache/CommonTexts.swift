package import BerthLoop

/// The texts that several tenants have sent, known by their hashes, within a bound.
///
/// A text that enough different tenants have sent is nobody's secret. The set holds hashes and the
/// numbers of tenants, never the texts. When there are more than twice `most` texts, all except
/// `most` are removed: those of few tenants first, and of these the ones that were sent longest ago.
package struct CommonTexts: Sendable {
    private struct Entry {
        /// The numbers of the tenants that have sent the text, each once.
        var tenants: [Int64]
        var at: Timestamp
    }

    private let most: Int
    private var entries: [[UInt8]: Entry] = [:]

    /// The most tenants of a text that are told apart.
    package static let mostTenants = 10
    /// The bytes of a text's hash.
    private static let hashSize = 32

    /// Makes an empty set.
    ///
    /// - Parameter most: the number of texts kept for long, 1 or more. Each takes about 300 bytes,
    ///   and at most twice as many are held.
    package init(most: Int = 512) { self.most = max(1, most) }

    /// The number of texts that are known.
    package var count: Int { entries.count }

    /// Notes that a tenant has sent a text.
    ///
    /// - Parameters:
    ///   - hash: the SHA-256 of the text.
    ///   - tenant: the number of the tenant's row.
    ///   - now: the time.
    /// - Returns: the number of tenants that have sent it, from 1 to ``mostTenants``.
    package mutating func note(_ hash: [UInt8], by tenant: Int64, at now: Timestamp) -> Int {
        var entry = entries[hash] ?? Entry(tenants: [], at: now)
        entry.at = now
        if !entry.tenants.contains(tenant), entry.tenants.count < CommonTexts.mostTenants {
            entry.tenants.append(tenant)
        }
        entries[hash] = entry
        if entries.count > 2 * most { prune() }
        return entry.tenants.count
    }

    /// Removes what a tenant has sent.
    package mutating func forget(_ tenant: Int64) { keep { $0 != tenant } }

    /// Removes what all tenants have sent except `known` ones.
    package mutating func keep(_ known: Set<Int64>) { keep { known.contains($0) } }

    private mutating func keep(_ isKnown: (Int64) -> Bool) {
        for (hash, entry) in entries {
            let others = entry.tenants.filter(isKnown)
            guard others.count < entry.tenants.count else { continue }
            entries[hash] = others.isEmpty ? nil : Entry(tenants: others, at: entry.at)
        }
    }

    private mutating func prune() {
        for (hash, _) in ranked.dropFirst(most) { entries[hash] = nil }
    }

    /// The texts, beginning with those of the most tenants and the latest of these.
    private var ranked: [(key: [UInt8], value: Entry)] {
        entries.sorted { one, other in
            let (first, second) = (one.value, other.value)
            guard first.tenants.count == second.tenants.count else {
                return first.tenants.count > second.tenants.count
            }
            guard first.at == second.at else { return first.at > second.at }
            return one.key.lexicographicallyPrecedes(other.key)
        }
    }
}

extension CommonTexts {
    private static let mark = Array("berth common 1\n".utf8)

    /// Encodes at most `most` texts for ``init(serialized:most:)`` after a restart.
    package var serialized: [UInt8] {
        var bytes = CommonTexts.mark
        for (hash, entry) in ranked.prefix(most) {
            bytes += hash
            bytes.append(littleEndian: entry.at.milliseconds)
            bytes.append(UInt8(entry.tenants.count))
            for tenant in entry.tenants { bytes.append(littleEndian: tenant) }
        }
        bytes.append(littleEndian: Checksum.of(bytes))
        return bytes
    }

    /// Decodes the bytes of ``serialized``, or returns nil if they are damaged or of another kind.
    package init?(serialized bytes: [UInt8], most: Int = 512) {
        self.init(most: most)
        let end = bytes.count - 8
        guard end >= CommonTexts.mark.count, bytes.starts(with: CommonTexts.mark),
            bytes.littleEndian(at: end, as: UInt64.self) == Checksum.of(Array(bytes[..<end]))
        else { return nil }
        var at = CommonTexts.mark.count
        while at < end, entries.count < self.most {
            let head = at + CommonTexts.hashSize
            guard head + 9 <= end, let time = bytes.littleEndian(at: head, as: Int64.self) else {
                return nil
            }
            let count = Int(bytes[head + 8])
            let next = head + 9 + 8 * count
            guard (1...CommonTexts.mostTenants).contains(count), next <= end else { return nil }
            let tenants = (0..<count).compactMap {
                bytes.littleEndian(at: head + 9 + 8 * $0, as: Int64.self)
            }
            entries[Array(bytes[at..<head])] = Entry(
                tenants: tenants,
                at: Timestamp(milliseconds: time)
            )
            at = next
        }
    }
}
