package import BerthLoop
package import BerthMemory

/// What the in-process cache has done and holds.
package struct MemoryCacheStatistics: Equatable, Sendable {
    /// Lookups that found a value.
    package var hits = 0
    /// Lookups that did not.
    package var misses = 0
    /// Entries dropped for want of room.
    package var evictions = 0
    /// Entries found to be past their time.
    package var expired = 0
    /// Entries held now.
    package var entries = 0
    /// Their cost: keys, values and the tables' share.
    package var bytes = ByteCount.zero
    /// The most that they may cost.
    package var limit = ByteCount.zero
}

/// The first level: values in this process, bounded in bytes, every operation in constant time.
///
/// The policy is S3-FIFO: a new entry waits in a small queue (a tenth of the bytes) and moves to
/// the main one only if it was asked for meanwhile; what has left the small queue is remembered by
/// name for a while and goes to the main queue at once when it comes back. Of the policies with no
/// work on a hit it is the one that withstands a scan: most questions are asked once, and those
/// pass through the small queue alone. SIEVE, which is simpler, is not scan-resistant by its own
/// authors' account. Source: Yang et al., "FIFO queues are all you need for cache eviction", 2023.
@Loop package final class MemoryCache {
    /// The most bytes, as configured or, while memory is short, less.
    package private(set) var limit: ByteCount
    private let configured: ByteCount
    private let clock: any Clock
    private var lease: MemoryLease
    private var counts = MemoryCacheStatistics()
    private var table: [CacheKey: Int32] = [:]
    private var nodes = NodePool()
    private var small = NodeQueue()
    private var main = NodeQueue()
    private var ghosts = GhostList()

    /// What an entry costs beside its key's and its value's bytes: two arrays with their blocks of
    /// malloc, the node, the table's slot at its usual load, a remembered name.
    package nonisolated static let overhead = 256
    /// The ledger is told in steps, so that not every entry takes its lock.
    private nonisolated static let step = ByteCount.kibibytes(64)

    /// Makes an empty cache of at most `limit`, whose bytes are leased from `account`.
    ///
    /// - Throws: ``BudgetError`` where not even nothing can be leased.
    package init(
        limit: ByteCount,
        account: MemoryAccount,
        clock: any Clock
    ) throws(BudgetError) {
        self.limit = limit
        configured = limit
        self.clock = clock
        lease = try account.lease(.zero, for: .cacheEntry)
    }

    /// Counts so far and what is held now.
    package var statistics: MemoryCacheStatistics {
        var now = counts
        now.entries = table.count
        now.bytes = used
        now.limit = limit
        return now
    }

    private var used: ByteCount { ByteCount(small.bytes + main.bytes) }

    /// The value of `key`; nil where there is none, or none any more.
    package func get(_ key: CacheKey) -> CachedValue? {
        guard let index = table[key] else {
            counts.misses += 1
            return nil
        }
        guard nodes[index].value.expires > clock.timestamp else {
            remove(index)
            counts.expired += 1
            counts.misses += 1
            return nil
        }
        nodes[index].asked = min(3, nodes[index].asked + 1)
        counts.hits += 1
        return nodes[index].value
    }

    /// Whether there is an entry of `key`, perhaps past its time; that is no lookup.
    func contains(_ key: CacheKey) -> Bool { table[key] != nil }

    /// Whether a quarter of the bytes is free, so that a value more hardly drives another out.
    var hasRoom: Bool { used.bytes < limit.bytes / 4 * 3 }

    /// Keeps `value`, and drops others for it.
    ///
    /// - Returns: false where it is larger than the cache, or past its time; nothing is kept then.
    @discardableResult
    package func set(_ key: CacheKey, _ value: CachedValue) -> Bool {
        let known = table[key]
        let asked = known.map { nodes[$0].asked } ?? 0
        let wasMain = known.map { nodes[$0].isMain } ?? false
        if let known { remove(known) }
        let cost = MemoryCache.cost(of: key, value)
        guard value.expires > clock.timestamp, makeRoom(for: cost) else { return false }
        let isMain = ghosts.remove(key) || wasMain
        let node = Node(key: key, value: value, cost: cost, asked: asked, isMain: isMain)
        let index = nodes.insert(node)
        table[key] = index
        if isMain { main.append(index, &nodes) } else { small.append(index, &nodes) }
        return true
    }

    /// Drops everything, also what is remembered.
    package func removeAll() {
        table = [:]
        (nodes, small, main, ghosts) = (NodePool(), NodeQueue(), NodeQueue(), GhostList())
        lease.shrink(to: .zero)
    }

    /// Keeps at most a part of what is configured from now on, 1 being all of it, and gives the
    /// rest back to the ledger: what a process does that runs short of memory.
    package func keep(part: Double) {
        limit = ByteCount(Int(Double(configured.bytes) * min(1, max(0, part))))
        while used > limit, evictOne() {}
        lease.shrink(to: used)
    }

    private nonisolated static func cost(of key: CacheKey, _ value: CachedValue) -> Int {
        key.hash.count + value.bytes.count + overhead
    }

    /// Whether `cost` more bytes may be held now.
    private func makeRoom(for cost: Int) -> Bool {
        guard cost <= limit.bytes else { return false }
        while used.bytes + cost > limit.bytes, evictOne() {}
        let wanted = ByteCount(used.bytes + cost)
        if wanted <= lease.count { return true }
        let step = min(MemoryCache.step, limit - lease.count)
        do throws(BudgetError) { try lease.grow(to: wanted, step: step) } catch {
            // The process is short of memory: the cache makes do with what it has.
            guard ByteCount(cost) <= lease.count else { return false }
            while used.bytes + cost > lease.count.bytes, evictOne() {}
        }
        return true
    }

    // MARK: S3-FIFO

    /// Drops one entry; false where there is none.
    ///
    /// Each step moves an entry on or wears it down,
    /// so that the work of many calls is bounded by the lookups before them.
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
