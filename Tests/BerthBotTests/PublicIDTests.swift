import BerthLoop
import BerthTestKit
import BerthText
import Testing

/// The public names of turns, conversations and files.
@Suite(.loop) struct PublicIDTests {
    @Loop @Test func `a name begins with a letter, so that no command takes it for an option`() {
        let entropy = Entropy(seed: 1)
        let names = (0..<2_000).map { _ in Secret256.publicID(from: entropy) }
        #expect(names.allSatisfy { $0.utf8.count == 16 && $0.first?.isLetter == true })
        #expect(Set(names).count == names.count)
    }
}
