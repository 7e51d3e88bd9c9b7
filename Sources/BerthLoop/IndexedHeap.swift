/// An element of an ``IndexedHeap``.
///
/// It stores its index, so it can move or leave from anywhere.
@Loop package protocol HeapElement: AnyObject {
    /// The index in the one heap that holds the element, or nil if none does. Only the heap sets it.
    var heapIndex: Int? { get set }
    /// Whether the element comes before `other`, in a strict order. A change of the order needs a
    /// call of ``IndexedHeap/update(_:)``.
    func isBefore(_ other: Self) -> Bool
}

/// A binary heap whose elements can be removed from the middle and reordered.
///
/// Finding the first element costs O(1); inserting, removing and moving one cost O(log count).
/// Equal elements have no order, unless ``HeapElement/isBefore(_:)`` defines one.
@Loop package struct IndexedHeap<Element: HeapElement> {
    /// All elements.
    ///
    /// The first comes before all others; the rest have no useful order.
    package private(set) var elements: [Element] = []

    /// Makes an empty heap.
    package nonisolated init() {}

    /// Adds `element`, which must not be in a heap yet.
    package mutating func insert(_ element: Element) {
        elements.append(element)
        siftUp(element, from: elements.count - 1)
    }

    /// Moves `element` after its order has changed.
    ///
    /// Does nothing if it is in no heap.
    package mutating func update(_ element: Element) {
        guard let index = element.heapIndex else { return }
        siftUp(element, from: index)
        if element.heapIndex == index { siftDown(element, from: index) }
    }

    /// Removes `element`.
    ///
    /// Does nothing if it is in no heap.
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

    /// Moves the parents that `element` comes before down, and `element` into the gap.
    private mutating func siftUp(_ element: Element, from start: Int) {
        var gap = start
        while gap > 0, element.isBefore(elements[(gap - 1) / 2]) {
            place(elements[(gap - 1) / 2], at: gap)
            gap = (gap - 1) / 2
        }
        place(element, at: gap)
    }

    /// Moves the children that come before `element` up, and `element` into the gap.
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
