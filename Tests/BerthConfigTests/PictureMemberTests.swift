import Testing

@testable import BerthConfig

@Suite struct PictureMemberTests {
    private func effect(_ name: String, _ value: String) -> RequestMember.Effect? {
        guard case .known(let row) = PictureMember.table.match(Array(name.utf8)[...]) else {
            return nil
        }
        return row.effect(of: Array(value.utf8)[...])
    }

    @Test func `no two rows have names that a server could confuse`() {
        let folds = PictureMember.all.map { MemberTable.folded(Array($0.name.utf8)[...]) }
        #expect(Set(folds).count == PictureMember.all.count)
    }

    @Test(arguments: [
        ("quality", #""high""#), ("quality", #""hd""#), ("partial_images", "2"), ("steps", "50"),
        ("num_images", "4"), ("width", "4096"), ("image_size", #"{"width":4096}"#),
        ("input_fidelity", #""high""#), ("acceleration", #""high""#), ("resolution", #""2k""#),
    ])
    func `a member that makes a picture dearer is refused`(name: String, value: String) {
        #expect(effect(name, value) == .cost)
        #expect(PictureMember.permittable.contains(name))
    }

    @Test(arguments: [
        ("stream", "true", RequestMember.Effect.form), ("sync_mode", "true", .form),
        ("image_url", #""http://10.0.0.1/""#, .place), ("api_base", #""http://x""#, .place),
        ("loras", #"[{"path":"x"}]"#, .answerer), ("fallbacks", #"["m"]"#, .answerer),
    ])
    func `a member that reroutes or streams is refused`(
        name: String,
        value: String,
        effect: RequestMember.Effect
    ) {
        #expect(self.effect(name, value) == effect)
    }

    @Test(arguments: [
        ("quality", #""auto""#), ("quality", #""medium""#), ("stream", "false"),
        ("partial_images", "0"), ("loras", "[]"), ("background", #""transparent""#),
        ("output_format", #""webp""#), ("style", #""vivid""#), ("stream", "null"),
    ])
    func `a member that changes the picture alone passes`(name: String, value: String) {
        #expect(effect(name, value) == nil)
    }

    @Test(arguments: ["Quality", "partialImages", "num-images", "STREAM"])
    func `a name that a server could take for a member is misspelt`(name: String) {
        guard case .misspelt = PictureMember.table.match(Array(name.utf8)[...]) else {
            Issue.record("\(name)")
            return
        }
    }
}
