import Testing

/// A provider is asked only where a reservation is on the disk.
@Suite struct PaymentTests {
    @Test func `only a running call makes what a provider is asked with`() {
        expectNone(\.unpaidCalls)
    }

    @Test(arguments: [
        "let call = ChatCall(request: a)", "let call: ChatCall = .init(request: a)",
        "let call = PictureCall(request: a)", "let make = ChatCall.init",
        "let call = SpeechCall(sound: a)", "let call = EmbeddingCall(request: a)",
        "func ask(_ call: ChatCall) {}", "let calls: [ChatCall] = []",
    ])
    func `a call elsewhere is found`(text: String) {
        #expect(sample(text).unpaidCalls.count == 1)
        #expect(sample(text, at: "Sources/BerthWork/Ask.swift").unpaidCalls.count == 1)
        #expect(sample(text, at: "Sources/BerthWork/Running.swift").unpaidCalls.isEmpty)
        #expect(sample(text, at: "Tests/BerthProvidersTests/A.swift").unpaidCalls.isEmpty)
    }

    @Test(arguments: [
        "let call = ChatCall(request: a)", "let call = ChatCall.init(request: a)",
        "let call = PictureCall(request: a)",
    ])
    func `a provider takes a call and makes none`(text: String) {
        #expect(sample(text, at: "Sources/BerthProviders/A.swift").unpaidCalls.count == 1)
        let taking = "func complete(_ call: ChatCall) {}"
        #expect(sample(taking, at: "Sources/BerthProviders/A.swift").unpaidCalls.isEmpty)
        let own = "class Demo: PictureProvider { func order(_ call: PictureCall) {} }"
        #expect(sample(own, at: "Sources/BerthWork/A.swift").unpaidCalls.isEmpty)
        let ordering = "func order(_ call: PictureCall) {}"
        #expect(sample(ordering, at: "Sources/BerthProviders/A.swift").unpaidCalls.isEmpty)
    }

    @Test(arguments: ["let size = ChatCall.need(of: a)", "// ChatCall(", "let a = ChatCaller()"])
    func `the size of a call may be asked for anywhere`(text: String) {
        #expect(sample(text).unpaidCalls.isEmpty)
    }
}

extension SourceFile {
    /// Whether a type here is a provider of pictures, such as the demo.
    private var isPictureProvider: Bool {
        places(of: ["PictureProvider"]).contains { $0 > 0 && tokens[$0 - 1].text == ":" }
    }

    /// The places outside `Running` that make a call to a provider, or could keep one.
    var unpaidCalls: [Finding] {
        guard isSwift, path.hasPrefix("Sources/"), path != "Sources/BerthWork/Running.swift" else {
            return []
        }
        let names = ["ChatCall", "PictureCall", "SpeechCall", "EmbeddingCall"]
        return names.flatMap { places(of: [$0]) }.compactMap { index in
            let next = tokens[(index + 1)...].prefix(2).map(\.text)
            if next == [".", "need"] { return nil }
            let isMade = next.first == "(" || next == [".", "init"]
            if module == "BerthProviders" || isPictureProvider, !isMade { return nil }
            return finding(
                tokens[index].line,
                "a call to a provider without a reservation: ask through Running"
            )
        }
    }
}
