/// One entry, and its neighbours in its queue.
struct Node {
    let key: CacheKey
    var value: CachedValue
    let cost: Int
    /// Lookups since it came into its queue, at most 3.
    var asked: UInt8
    var isMain: Bool
    var previous: Int32 = -1
    var next: Int32 = -1
}

/// Entries by number; the number of a removed one is used again.
struct NodePool {
    private var nodes: [Node?] = []
    private var free: [Int32] = []

    subscript(index: Int32) -> Node {
        get {
            guard let node = nodes[Int(index)] else {
                preconditionFailure("a removed entry of the cache was read")
            }
            return node
        }
        _modify {
            guard var node = nodes[Int(index)] else {
                preconditionFailure("a removed entry of the cache was changed")
            }
            // Not held twice, so that changing it copies nothing.
            nodes[Int(index)] = nil
            defer { nodes[Int(index)] = node }
            yield &node
        }
    }

    mutating func insert(_ node: Node) -> Int32 {
        if let index = free.popLast() {
            nodes[Int(index)] = node
            return index
        }
        nodes.append(node)
        return Int32(nodes.count - 1)
    }

    mutating func remove(_ index: Int32) {
        nodes[Int(index)] = nil
        free.append(index)
    }
}

/// A doubly linked queue through a pool's entries.
struct NodeQueue {
    private var head: Int32 = -1
    private var tail: Int32 = -1
    private(set) var bytes = 0

    var isEmpty: Bool { head < 0 }

    var first: Int32? { head < 0 ? nil : head }

    mutating func append(_ index: Int32, _ nodes: inout NodePool) {
        nodes[index].previous = tail
        nodes[index].next = -1
        if tail >= 0 { nodes[tail].next = index } else { head = index }
        tail = index
        bytes += nodes[index].cost
    }

    mutating func remove(_ index: Int32, _ nodes: inout NodePool) {
        let (previous, next) = (nodes[index].previous, nodes[index].next)
        if previous >= 0 { nodes[previous].next = next } else { head = next }
        if next >= 0 { nodes[next].previous = previous } else { tail = previous }
        bytes -= nodes[index].cost
    }
}

/// The names of what has lately left the small queue: as many as there are entries, oldest out.
struct GhostList {
    private var places: [Int: UInt64] = [:]
    private var order: [(name: Int, at: UInt64)] = []
    private var head = 0
    private var sequence: UInt64 = 0

    /// Remembers `key`, at most `most` names in all.
    mutating func insert(_ key: CacheKey, most: Int) {
        sequence += 1
        places[key.hashValue] = sequence
        order.append((key.hashValue, sequence))
        while order.count - head > max(16, most) { forgetOldest() }
        guard head > 64, head * 2 > order.count else { return }
        order.removeFirst(head)
        head = 0
    }

    /// Whether `key` was remembered; it is not any more.
    mutating func remove(_ key: CacheKey) -> Bool {
        places.removeValue(forKey: key.hashValue) != nil
    }

    private mutating func forgetOldest() {
        let oldest = order[head]
        if places[oldest.name] == oldest.at { places[oldest.name] = nil }
        head += 1
    }
}
