import BerthMemory
import Testing

/// Tests that run one at a time.
///
/// Each looks for a block larger than the allocations of other tests. It looks several times,
/// because another test may free as much at the same moment.
@Suite(.serialized, .timeLimit(.minutes(20))) struct HeapTests {
    @Test func `malloc's account follows what is taken`() {
        let isSeen = (1...5).contains { _ in
            let before = AllocatorFigures.read()
            let bytes = [UInt8](repeating: 1, count: 64 << 20)
            let held = AllocatorFigures.read()
            return bytes.last == 1 && before.arena == before.inUse + before.free
                && held.mapped + held.inUse - before.mapped - before.inUse > .mebibytes(32)
        }
        #expect(isSeen)
    }

    @Test func `what is allocated shows as the heap's`() throws {
        let isSeen = try (1...5).contains { _ in
            let before = try #require(MemoryMap.read())
            let bytes = [UInt8](repeating: 1, count: 256 << 20)
            let held = try #require(MemoryMap.read())
            return bytes.last == 1 && held.heap - before.heap > .mebibytes(128)
        }
        #expect(isSeen)
    }
}
