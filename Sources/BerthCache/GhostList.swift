/// The names of entries that lately left the small queue, at most as many as there are entries.
///
/// The oldest name is dropped first.
struct GhostList {
    private var places: [Int: UInt64] = [:]
    private var order: [(name: Int, at: UInt64)] = []
    private var head = 0
    private var sequence: UInt64 = 0

    /// Remembers `key`, and at most `most` names in all.
    mutating func insert(_ key: CacheKey, most: Int) {
        sequence += 1
        places[key.hashValue] = sequence
        order.append((key.hashValue, sequence))
        while order.count - head > max(16, most) { forgetOldest() }
        guard head > 64, head * 2 > order.count else { return }
        order.removeFirst(head)
        head = 0
    }

    /// Forgets `key`.
    ///
    /// - Returns: whether it was remembered.
    mutating func remove(_ key: CacheKey) -> Bool {
        places.removeValue(forKey: key.hashValue) != nil
    }

    private mutating func forgetOldest() {
        let oldest = order[head]
        if places[oldest.name] == oldest.at { places[oldest.name] = nil }
        head += 1
    }
}
