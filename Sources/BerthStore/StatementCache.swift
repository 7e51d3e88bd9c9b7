/// Prepared statements that are kept for their next use, at most `limit`: the one that was used
/// longest ago leaves first.
///
/// A second use of the same SQL within the first gets a statement of its own.
struct StatementCache {
    /// The most that is kept, of a few KiB each.
    let limit: Int
    private var entries: [Key: Statement] = [:]
    private var uses: UInt64 = 0

    /// A literal's address: equal text elsewhere is another entry, which costs little.
    typealias Key = UInt

    init(limit: Int) { self.limit = limit }

    var count: Int { entries.count }

    /// The statement of `key`, which is in use until it is put back.
    ///
    /// - Returns: nil if it is not kept, or is in use already.
    func take(_ key: Key) -> Statement? {
        guard let statement = entries[key], !statement.isInUse else { return nil }
        statement.isInUse = true
        return statement
    }

    mutating func put(_ statement: Statement, for key: Key) {
        uses += 1
        statement.isInUse = false
        statement.lastUse = uses
        guard entries[key] == nil else { return }
        if entries.count >= limit,
            let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            entries[oldest.key] = nil
        }
        entries[key] = statement
    }

    mutating func removeAll() { entries = [:] }
}
