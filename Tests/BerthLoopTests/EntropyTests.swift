import BerthTestKit
import Testing

@testable import BerthLoop

@Suite(.loop) struct EntropyTests {
    @Loop @Test func `numbers of the kernel differ over many refills of the buffer`() {
        let entropy = Entropy()
        let numbers = Set((0..<10_000).map { _ in entropy.next() })
        let others = Set((0..<10_000).map { _ in Entropy().next() })
        #expect(numbers.count == 10_000)
        #expect(others.count == 10_000)
        #expect(numbers.isDisjoint(with: others))
    }

    @Loop @Test func `a number that was handed out is no longer in the buffer`() {
        let entropy = Entropy()
        for _ in 0..<1_000 {
            let number = entropy.next()
            let isKept = entropy.buffered.contains(number)
            #expect(!isKept)
        }
    }

    @Loop @Test func `a secret takes nothing from the buffer`() {
        let entropy = Entropy()
        _ = entropy.next()
        let before = entropy.buffered
        let secret = entropy.secret(32)
        let after = entropy.buffered
        #expect(before == after)
        #expect(secret.count == 32)
        #expect(secret != entropy.secret(32))
    }

    @Loop @Test(arguments: [0, 1, 7, 8, 9, 32]) func `there are as many bytes as asked for`(
        _ count: Int
    ) {
        #expect(Entropy().bytes(count).count == count)
        #expect(Entropy().secret(count).count == count)
        #expect(Entropy(seed: 1).secret(count).count == count)
    }

    @Loop @Test func `a seed repeats numbers, names and secrets`() {
        let (first, second) = (Entropy(seed: 7), Entropy(seed: 7))
        let draws = [first, second].map { entropy in
            (entropy.next(), entropy.bytes(12), entropy.secret(32), entropy.next())
        }
        #expect(draws[0] == draws[1])
        #expect(Entropy(seed: 8).next() != draws[0].0)
    }
}
