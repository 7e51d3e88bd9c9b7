import BerthLoop
import BerthTestKit
import Testing

@Suite(.loop) struct IndexedHeapTests {
    @Loop private final class Number: HeapElement {
        var heapIndex: Int?
        var value: Int
        init(_ value: Int) { self.value = value }
        func isBefore(_ other: Number) -> Bool { value < other.value }
    }

    @Loop @Test func `whoever comes, moves and leaves, the least stands first`() {
        var heap = IndexedHeap<Number>()
        var inside: [Number] = []
        for step in 0..<2_000 {
            let value = (step * 7919) % 613
            switch step % 5 {
            case 0, 1, 2:
                inside.append(Number(value))
                heap.insert(inside[inside.count - 1])
            case 3:
                let moved = inside[value % inside.count]
                moved.value = (value * 31) % 613
                heap.update(moved)
            default: heap.remove(inside.remove(at: value % inside.count))
            }
            let (least, count) = (heap.elements.first?.value, heap.elements.count)
            #expect(least == inside.map(\.value).min() && count == inside.count)
        }
        var left: [Int] = []
        while let first = heap.elements.first {
            heap.remove(first)
            left.append(first.value)
        }
        #expect(left == inside.map(\.value).sorted())
        let places = inside.compactMap(\.heapIndex)
        #expect(places.isEmpty)
    }

    @Loop @Test func `who is in no heap neither leaves nor moves`() {
        var heap = IndexedHeap<Number>()
        let (inside, outside) = (Number(2), Number(1))
        heap.insert(inside)
        heap.remove(outside)
        heap.update(outside)
        let (count, isFirst) = (heap.elements.count, heap.elements.first === inside)
        #expect(count == 1 && isFirst)
    }
}
