package import BerthLoop
package import BerthMemory
package import BerthTelemetry

/// The first level of the cache, which holds values in this process.
///
/// It is bounded in bytes, and every operation takes constant time.
///
/// The policy is S3-FIFO. A new entry enters a small queue with a tenth of the bytes. It moves to
/// the main queue only if it is looked up there. The name of an entry that leaves the small queue
/// is remembered for a while. If the name returns in that time, its entry goes directly to the main
/// queue.
///
/// Of the policies without work on a hit, S3-FIFO resists scans: most questions are asked once and
/// pass through the small queue only. SIEVE is simpler, but its own authors say that it is not
/// scan-resistant. Source: Yang et al., "FIFO queues are all you need for cache eviction", 2023.
@Loop package final class MemoryCache {
    /// The most bytes, as configured or less while memory is short.
    package private(set) var limit: ByteCount
    private let configured: ByteCount
    private let surroundings: Surroundings
    private var lease: MemoryLease
    private var counts = MemoryCacheStatistics()
    private var table: [CacheKey: Int32] = [:]
    private var nodes = NodePool()
    private var small = NodeQueue()
    private var main = NodeQueue()
    private var ghosts = GhostList()

    /// The cost of an entry besides the bytes of its key and value.
    ///
    /// It covers two arrays with their malloc blocks, the node, the slot of the table at its usual
    /// load, and a remembered name.
    package nonisolated static let overhead = 256
    /// The step of the lease, so not every entry takes the ledger's lock.
    private nonisolated static let step = ByteCount.kibibytes(64)

    /// Makes an empty cache of at most `limit`, whose bytes are leased from `account`.
    ///
    /// - Throws: ``BudgetError`` if not even an empty lease is possible.
    package init(
        limit: ByteCount,
        account: MemoryAccount,
        in surroundings: Surroundings
    ) throws(BudgetError) {
        self.limit = limit
        configured = limit
        self.surroundings = surroundings
        lease = try account.lease(.zero, for: .cacheEntry)
    }

    /// The counts so far and the size now.
    package var statistics: MemoryCacheStatistics {
        var now = counts
        now.entries = table.count
        now.bytes = used
        now.limit = limit
        return now
    }

    private var used: ByteCount { ByteCount(small.bytes + main.bytes) }

    /// The value of `key`, or nil if there is none or it has expired.
    package func get(_ key: CacheKey) -> CachedValue? {
        guard let index = table[key] else {
            counts.misses += 1
            return nil
        }
        guard nodes[index].value.expires > surroundings.clock.timestamp else {
            remove(index)
            counts.expired += 1
            counts.misses += 1
            return nil
        }
        nodes[index].asked = min(3, nodes[index].asked + 1)
        counts.hits += 1
        return nodes[index].value
    }

    /// Whether there is an entry of `key`, which may have expired.
    ///
    /// This does not count as a lookup.
    func contains(_ key: CacheKey) -> Bool { table[key] != nil }

    /// Whether a quarter of the bytes is free, so one more value hardly evicts another.
    var hasRoom: Bool { used.bytes < limit.bytes / 4 * 3 }

    /// Stores `value`, and evicts others for it.
    ///
    /// - Returns: false if it is larger than the cache or has expired. It is not stored then.
    @discardableResult
    package func set(_ key: CacheKey, _ value: CachedValue) -> Bool {
        let known = table[key]
        let asked = known.map { nodes[$0].asked } ?? 0
        let wasMain = known.map { nodes[$0].isMain } ?? false
        if let known { remove(known) }
        let cost = MemoryCache.cost(of: key, value)
        guard value.expires > surroundings.clock.timestamp, makeRoom(for: cost) else {
            return false
        }
        let isMain = ghosts.remove(key) || wasMain
        let node = Node(key: key, value: value, cost: cost, asked: asked, isMain: isMain)
        let index = nodes.insert(node)
        table[key] = index
        if isMain { main.append(index, &nodes) } else { small.append(index, &nodes) }
        return true
    }

    /// Removes all entries and all remembered names.
    package func removeAll() {
        table = [:]
        (nodes, small, main, ghosts) = (NodePool(), NodeQueue(), NodeQueue(), GhostList())
        lease.shrink(to: .zero)
    }

    /// Removes the entries that only `owner` may be given.
    package func removeAll(of owner: Int64) {
        for (key, index) in table where key.owner == owner { remove(index) }
    }

    /// Limits the cache to a part of the configured size, and returns the rest of the memory to the
    /// ledger.
    ///
    /// It is called while the process is short of memory. A part of 1 restores the configured size.
    package func keep(part: Double) {
        limit = ByteCount(Int(Double(configured.bytes) * min(1, max(0, part))))
        while used > limit, evictOne() {}
        lease.shrink(to: used)
    }

    private nonisolated static func cost(of key: CacheKey, _ value: CachedValue) -> Int {
        key.hash.count + value.bytes.count + overhead
    }

    /// Evicts entries until `cost` more bytes fit.
    ///
    /// - Returns: false if they cannot be held now.
    private func makeRoom(for cost: Int) -> Bool {
        guard cost <= limit.bytes else { return false }
        while used.bytes + cost > limit.bytes, evictOne() {}
        let wanted = ByteCount(used.bytes + cost)
        if wanted <= lease.count { return true }
        let step = min(MemoryCache.step, limit - lease.count)
        do throws(BudgetError) { try lease.grow(to: wanted, step: step) } catch {
            // The process is short of memory, so the cache manages with its present lease.
            guard ByteCount(cost) <= lease.count else { return false }
            while used.bytes + cost > lease.count.bytes, evictOne() {}
        }
        return true
    }

    // MARK: S3-FIFO

    /// Evicts one entry.
    ///
    /// - Returns: false if there is none.
    ///
    /// Each step moves an entry on or lowers its count, so the work of many calls is bounded by the
    /// lookups before them.
    private func evictOne() -> Bool {
        while small.bytes * 10 > used.bytes || main.isEmpty, let index = small.first {
            small.remove(index, &nodes)
            guard nodes[index].asked > 0 else {
                ghosts.insert(nodes[index].key, most: table.count)
                return drop(index)
            }
            nodes[index].asked = 0
            nodes[index].isMain = true
            main.append(index, &nodes)
        }
        while let index = main.first {
            main.remove(index, &nodes)
            guard nodes[index].asked > 0 else { return drop(index) }
            nodes[index].asked -= 1
            main.append(index, &nodes)
        }
        return false
    }

    private func drop(_ index: Int32) -> Bool {
        table[nodes[index].key] = nil
        nodes.remove(index)
        counts.evictions += 1
        return true
    }

    private func remove(_ index: Int32) {
        if nodes[index].isMain { main.remove(index, &nodes) } else { small.remove(index, &nodes) }
        table[nodes[index].key] = nil
        nodes.remove(index)
    }
}
