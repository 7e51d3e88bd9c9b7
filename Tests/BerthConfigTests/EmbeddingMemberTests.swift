import Testing

@testable import BerthConfig

@Suite struct EmbeddingMemberTests {
    @Test func `no two rows have names that a server could confuse`() {
        let folds = EmbeddingMember.all.map { MemberTable.folded(Array($0.name.utf8)[...]) }
        #expect(Set(folds).count == EmbeddingMember.all.count)
    }

    @Test(arguments: [
        ("encoding_format", #""base64""#), ("dimensions", "8"), ("user", #""u""#),
        ("input_type", #""query""#), ("fallbacks", "[]"), ("service_tier", #""auto""#),
    ])
    func `a member that changes the vectors alone passes`(name: String, value: String) {
        guard case .known(let row) = EmbeddingMember.table.match(Array(name.utf8)[...]) else {
            Issue.record("\(name)")
            return
        }
        #expect(row.effect(of: Array(value.utf8)[...]) == nil)
    }
}
