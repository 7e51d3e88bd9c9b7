/// An entry and its neighbours in its queue.
struct Node {
    let key: CacheKey
    var value: CachedValue
    let cost: Int
    /// The lookups since it entered its queue, at most 3.
    var asked: UInt8
    var isMain: Bool
    var previous: Int32 = -1
    var next: Int32 = -1
}

/// The entries by number.
///
/// The number of a removed entry is used again.
struct NodePool {
    private var nodes: [Node?] = []
    private var free: [Int32] = []

    subscript(index: Int32) -> Node {
        get {
            guard let node = nodes[Int(index)] else {
                preconditionFailure("a removed cache entry was read")
            }
            return node
        }
        _modify {
            guard var node = nodes[Int(index)] else {
                preconditionFailure("a removed cache entry was changed")
            }
            // The pool releases the entry, so changing it copies nothing.
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
