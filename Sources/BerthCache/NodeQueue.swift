/// A doubly linked queue of a pool's entries.
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
