import BerthLoop

/// What can stand in one ``LinkedFIFO`` at a time.
@Loop protocol Linked: AnyObject {
    /// Who came after; the list alone writes it.
    var next: Self? { get set }
    /// Who came before, not kept alive from here; the list alone writes it.
    var previous: Self? { get set }
}

/// First in, first out, from which anybody can leave at once: every step costs the same however
/// many wait, and who has left leaves nothing behind.
@Loop struct LinkedFIFO<Node: Linked> {
    private(set) var first: Node?
    private(set) var last: Node?
    private(set) var count = 0

    nonisolated init() {}

    /// All of them, the first first.
    var nodes: [Node] {
        var (nodes, current) = ([Node](), first)
        while let node = current {
            nodes.append(node)
            current = node.next
        }
        return nodes
    }

    mutating func append(_ node: Node) {
        node.previous = last
        last?.next = node
        last = node
        first = first ?? node
        count += 1
    }

    /// Takes out `node`, which must be in this list.
    mutating func remove(_ node: Node) {
        let (before, after) = (node.previous, node.next)
        if let before { before.next = after } else { first = after }
        if let after { after.previous = before } else { last = before }
        node.next = nil
        node.previous = nil
        count -= 1
    }
}
