import BerthLoop

/// A node that can be in one ``LinkedFIFO`` at a time.
@Loop protocol Linked: AnyObject {
    /// The next node. Only the list writes it.
    var next: Self? { get set }
    /// The previous node, not retained. Only the list writes it.
    var previous: Self? { get set }
}

/// A first-in, first-out list from which any node can be removed.
///
/// Every operation takes constant time and a removed node leaves nothing behind.
@Loop struct LinkedFIFO<Node: Linked> {
    private(set) var first: Node?
    private(set) var last: Node?
    private(set) var count = 0

    nonisolated init() {}

    /// All nodes, in order.
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

    mutating func prepend(_ node: Node) {
        node.next = first
        first?.previous = node
        first = node
        last = last ?? node
        count += 1
    }

    /// Removes `node`, which must be in this list.
    mutating func remove(_ node: Node) {
        let (before, after) = (node.previous, node.next)
        if let before { before.next = after } else { first = after }
        if let after { after.previous = before } else { last = before }
        node.next = nil
        node.previous = nil
        count -= 1
    }
}
