import BerthLoop

/// A lane's waiting tenants, the one whose round comes first on top: a binary heap in which each
/// line knows its place, so that it can move or leave in O(log tenants).
@Loop struct DueHeap<Entry> {
    private(set) var lines: [TenantLine<Entry>] = []

    nonisolated init() {}

    var first: TenantLine<Entry>? { lines.first }

    mutating func insert(_ line: TenantLine<Entry>) {
        line.index = lines.count
        lines.append(line)
        siftUp(line.index)
    }

    /// Puts `line` where it belongs after its round has changed.
    mutating func update(_ line: TenantLine<Entry>) {
        siftUp(line.index)
        siftDown(line.index)
    }

    mutating func remove(_ line: TenantLine<Entry>) {
        let (index, last) = (line.index, lines.removeLast())
        guard last !== line else { return }
        place(last, at: index)
        update(last)
    }

    private mutating func place(_ line: TenantLine<Entry>, at index: Int) {
        lines[index] = line
        line.index = index
    }

    private func isBefore(_ first: Int, _ second: Int) -> Bool {
        let (a, b) = (lines[first], lines[second])
        return (a.due, a.order) < (b.due, b.order)
    }

    private mutating func swap(_ first: Int, _ second: Int) {
        let line = lines[first]
        place(lines[second], at: first)
        place(line, at: second)
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        while index > 0, isBefore(index, (index - 1) / 2) {
            swap(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func siftDown(_ start: Int) {
        var index = start
        while 2 * index + 1 < lines.count {
            let (left, right) = (2 * index + 1, 2 * index + 2)
            let least = right < lines.count && isBefore(right, left) ? right : left
            guard isBefore(least, index) else { return }
            swap(index, least)
            index = least
        }
    }
}
