/// What an ``IndexedHeap`` orders: it knows its place, so that it can move or leave from anywhere.
@Loop package protocol HeapElement: AnyObject {
    /// Its place in the one heap that it is in, nil in none; the heap alone writes it.
    var heapIndex: Int? { get set }
    /// Whether it comes before `other`: a strict order, which may change only together with a call
    /// of ``IndexedHeap/update(_:)``.
    func isBefore(_ other: Self) -> Bool
}

/// A binary heap from whose middle elements can leave and in which they can move.
///
/// Who is before all others is found in O(1); coming, leaving and moving cost O(log count). Equal
/// elements come in no order: who needs one makes it part of ``HeapElement/isBefore(_:)``.
@Loop package struct IndexedHeap<Element: HeapElement> {
    /// All elements: the first is before all others, the rest stand in no useful order.
    package private(set) var elements: [Element] = []

    /// Makes an empty heap.
    package nonisolated init() {}

    /// Adds `element`, which must be in no heap.
    package mutating func insert(_ element: Element) {
        elements.append(element)
        siftUp(element, from: elements.count - 1)
    }

    /// Puts `element` where it belongs after its order has changed; does nothing if it is in none.
    package mutating func update(_ element: Element) {
        guard let index = element.heapIndex else { return }
        siftUp(element, from: index)
        if element.heapIndex == index { siftDown(element, from: index) }
    }

    /// Takes `element` out; does nothing if it is in none.
    package mutating func remove(_ element: Element) {
        guard let index = element.heapIndex else { return }
        element.heapIndex = nil
        let last = elements.removeLast()
        guard last !== element else { return }
        place(last, at: index)
        update(last)
    }

    private mutating func place(_ element: Element, at index: Int) {
        elements[index] = element
        element.heapIndex = index
    }

    /// Moves those that `element` is before down, and it into the gap.
    private mutating func siftUp(_ element: Element, from start: Int) {
        var gap = start
        while gap > 0, element.isBefore(elements[(gap - 1) / 2]) {
            place(elements[(gap - 1) / 2], at: gap)
            gap = (gap - 1) / 2
        }
        place(element, at: gap)
    }

    /// Moves those that are before `element` up, and it into the gap.
    private mutating func siftDown(_ element: Element, from start: Int) {
        var gap = start
        while let child = leastChild(of: gap), elements[child].isBefore(element) {
            place(elements[child], at: gap)
            gap = child
        }
        place(element, at: gap)
    }

    private func leastChild(of index: Int) -> Int? {
        let (left, right) = (2 * index + 1, 2 * index + 2)
        guard right < elements.count else { return left < elements.count ? left : nil }
        return elements[right].isBefore(elements[left]) ? right : left
    }
}
