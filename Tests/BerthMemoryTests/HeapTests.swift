import BerthMemory
import Testing

/// Tests that run one at a time.
///
/// Each looks for a block larger than the allocations of other tests.
@Suite(.serialized, .timeLimit(.minutes(5))) struct HeapTests {
    @Test func `malloc's account follows what is taken`() {
        let before = AllocatorFigures.read()
        #expect(before.arena == before.inUse + before.free)
        let bytes = [UInt8](repeating: 1, count: 64 << 20)
        let held = AllocatorFigures.read()
        #expect(held.mapped + held.inUse - before.mapped - before.inUse > .mebibytes(32))
        #expect(bytes.last == 1)
    }

    @Test func `what is allocated shows as the heap's`() throws {
        let before = try #require(MemoryMap.read())
        let bytes = [UInt8](repeating: 1, count: 256 << 20)
        let held = try #require(MemoryMap.read())
        #expect(held.heap - before.heap > .mebibytes(128))
        #expect(bytes.last == 1)
    }
}
