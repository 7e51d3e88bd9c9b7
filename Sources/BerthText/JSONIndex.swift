/// The places of the values within one text, found while the text is checked.
///
/// With it, an object or a list within the text is read without scanning its bytes again. A text with
/// very many values is indexed in part, and what is not in the index is scanned.
struct JSONIndex: Sendable {
    /// The places of one value, which stands before all values within it.
    private struct Node {
        let key: Range<UInt32>
        let start: UInt32
        /// The end of the value, or 0 if the index does not hold all within it.
        var end: UInt32 = 0
        /// The index of the node after the value and all within it.
        ///
        /// While the value is open, it is the index of the node around it.
        var next: UInt32
    }

    private var nodes: [Node] = []
    /// The innermost open node, or ``none``.
    private var current = none
    /// The most nodes, which is 0 if nothing is to be indexed, or anything more does not fit.
    private var most: Int

    private static let none = UInt32.max

    /// The values that most requests have.
    private static let usual = 24
    /// The most values in an index, which takes 20 bytes for each.
    static let mostValues = 512

    /// Makes an index for a text, which stays empty unless `isWanted`.
    init(of bytes: [UInt8], isWanted: Bool) {
        most = isWanted && bytes.count < Int(UInt32.max) ? JSONIndex.mostValues : 0
    }

    // MARK: Writing

    /// Notes the start of a value, whose key is empty in a list.
    mutating func open(_ start: Int, key: Range<Int>) {
        guard most > 0 else { return }
        guard nodes.count < most else { return giveUp() }
        if nodes.isEmpty { nodes.reserveCapacity(JSONIndex.usual) }
        let key = UInt32(key.lowerBound)..<UInt32(key.upperBound)
        nodes.append(Node(key: key, start: UInt32(start), next: current))
        current = UInt32(nodes.count - 1)
    }

    /// Notes the end of the innermost open value.
    mutating func close(_ end: Int) {
        guard most > 0, current != JSONIndex.none else { return }
        let node = Int(current)
        current = nodes[node].next
        nodes[node].end = UInt32(end)
        nodes[node].next = UInt32(nodes.count)
    }

    /// Leaves the open nodes without an end, and notes nothing further.
    private mutating func giveUp() { most = 0 }

    // MARK: Reading

    /// Whether it holds all values of the text.
    var isWhole: Bool { most > 0 }

    /// Calls `visit` with the places of each key and value directly within the value at `start`.
    ///
    /// - Returns: the end of the value, or nil if the index does not hold it.
    func each<Failure: Error>(
        within start: Int,
        _ visit: (Range<Int>, Range<Int>) throws(Failure) -> Void
    ) throws(Failure) -> Int? {
        guard let place = place(start), nodes[place].end > 0 else { return nil }
        let end = Int(nodes[place].next)
        var child = place + 1
        while child < end {
            let node = nodes[child]
            try visit(
                Int(node.key.lowerBound)..<Int(node.key.upperBound),
                Int(node.start)..<Int(node.end)
            )
            child = Int(node.next)
        }
        return Int(nodes[place].end)
    }

    /// The node of the value at `start`, by halving: the nodes are in the order of their starts.
    private func place(_ start: Int) -> Int? {
        var (low, high) = (0, nodes.count)
        while low < high {
            let middle = (low + high) / 2
            if nodes[middle].start < start { low = middle + 1 } else { high = middle }
        }
        return low < nodes.count && nodes[low].start == start ? low : nil
    }
}
