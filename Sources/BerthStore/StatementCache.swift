/// Prepared statements that are kept for their next use, at most `limit`: the one that was used
/// longest ago leaves first.
///
/// A statement in use is out of the cache, so that a second use of the same SQL within it gets a
/// statement of its own.
struct StatementCache {
    /// The most that is kept, of a few KiB each.
    let limit: Int
    private var entries: [Key: Entry] = [:]
    private var uses: UInt64 = 0

    /// A literal's address: equal text elsewhere is another entry, which costs little.
    typealias Key = UInt

    private struct Entry {
        let statement: Statement
        let lastUse: UInt64
    }

    init(limit: Int) { self.limit = limit }

    var count: Int { entries.count }

    /// The statement of `key`, which leaves the cache until it is put back.
    mutating func take(_ key: Key) -> Statement? { entries.removeValue(forKey: key)?.statement }

    mutating func put(_ statement: Statement, for key: Key) {
        uses += 1
        if entries.count >= limit, entries[key] == nil,
            let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            entries[oldest.key] = nil
        }
        entries[key] = Entry(statement: statement, lastUse: uses)
    }

    mutating func removeAll() { entries = [:] }
}
