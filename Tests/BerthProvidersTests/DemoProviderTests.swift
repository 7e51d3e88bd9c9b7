import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthTestKit
import BerthText
import Testing

@Suite(.loop, .timeLimit(.minutes(20))) struct DemoProviderTests {
    private let budget = MemoryBudget(limit: .mebibytes(16))

    private func call(_ question: String, output: Int = 4096) throws -> ChatCall {
        let content = String(decoding: JSON.quote(question), as: UTF8.self)
        return try call(messages: #"[{"role":"user","content":\#(content)}]"#, output: output)
    }

    private func call(messages: String, output: Int = 4096) throws -> ChatCall {
        ChatCall(
            request: try JSONObject(Array(#"{"messages":\#(messages)}"#.utf8)),
            model: "demo",
            maximumOutput: output,
            user: "u",
            memory: PrepaidMemory(of: budget.account(for: "ann", quota: .mebibytes(8)))
        )
    }

    /// Returns the whole and the streamed answer, without pauses.
    @Loop private func both(_ call: ChatCall) async throws -> (whole: Told, streamed: Told) {
        let asker = Asker()
        let demo = DemoProvider(in: .quiet(), pace: .zero)
        return (await asker.complete(demo, call), await asker.stream(demo, call))
    }

    @Loop
    @Test(arguments: [
        "hello", "how do I set up OpenAI?", "telegram", "quota", "memory", "write code",
        "a long story",
        "", "???", "日本語", "<script>alert(1)</script>", "\"quoted\" \\ \n\u{1}", "👩‍👩‍👧",
    ])
    func `it says the same to the same, both ways, and that it is a demo`(question: String)
        async throws
    {
        let call = try call(question)
        let (first, second) = (try await both(call), try await both(call))
        #expect(first.whole == first.streamed)
        #expect(first.whole == second.whole)
        #expect(first.whole.error == nil)
        #expect(first.whole.finish == "stop")
        #expect(
            first.whole.text.hasPrefix("This is Berth's **built-in demo**. No model was called")
        )
        #expect(
            first.whole.text.contains(question.isEmpty ? "You asked nothing." : "“\(question)”")
        )
    }

    @Loop @Test func `its usage is estimated, and says so`() async throws {
        let call = try call("hello")
        let (whole, streamed) = try await both(call)
        let expected = TokenUsage(
            input: TokenEstimate.input(of: call.request),
            output: TokenEstimate.of(whole.text),
            isEstimated: true
        )
        #expect(whole.usage == expected)
        #expect(streamed.usage == expected)
        #expect(call.account.held == .zero)
    }

    @Loop @Test(arguments: [Int.min, -1, 0, 1, 2, 7, 20, 41, 50])
    func `it says no more than it may`(maximum: Int) async throws {
        let (whole, streamed) = try await both(try call("👩‍👩‍👧 é hello", output: maximum))
        #expect(whole == streamed)
        #expect(whole.finish == "length")
        #expect(TokenEstimate.of(whole.text) <= max(0, maximum))
        #expect(whole.usage?.output == TokenEstimate.of(whole.text))
        let full = try await both(try call("👩‍👩‍👧 é hello")).whole.text
        #expect(full.hasPrefix(whole.text))
        #expect(maximum < 2 || !whole.text.isEmpty)
    }

    @Loop @Test func `the largest bound is none`() async throws {
        let (whole, streamed) = try await both(try call("a long story", output: .max))
        #expect(whole == streamed)
        #expect(whole.finish == "stop")
    }

    @Loop
    @Test(arguments: [
        (
            #"[{"role":"user","content":"first"},{"role":"assistant","content":"x"},{"role":"user","content":"last"}]"#,
            "“last”"
        ),
        (#"[{"role":"user","content":"asked"},{"role":"assistant","content":"x"}]"#, "“asked”"),
        (
            #"[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:,"}},{"type":"text","text":"this"}]}]"#,
            "“this” and sent 1 picture, which the demo cannot see"
        ),
        (#"[{"role":"user","content":[]}]"#, "nothing"),
        (#"[{"role":"system","content":"x"}]"#, "nothing"),
        (#"[7,null,"x",[]]"#, "nothing"), (#"[{"role":"user"}]"#, "nothing"), ("7", "nothing"),
    ])
    func `it answers the last thing that was asked`(messages: String, asked: String) async throws {
        let (whole, _) = try await both(try call(messages: messages))
        #expect(whole.text.contains("You asked \(asked)."))
    }

    @Loop @Test func `a question of any length is repeated in part`() async throws {
        let (whole, _) = try await both(try call(String(repeating: "x", count: 100_000)))
        #expect(whole.text.utf8.count < 2000)
    }

    @Loop @Test func `words come one a pace of the injected clock`() async throws {
        let clock = ManualClock()
        let demo = DemoProvider(in: .quiet(clock), pace: .milliseconds(20))
        let stream = try await demo.stream(try call("hello"))
        var texts: [String] = []
        let pool = TaskPool()
        pool.spawn { while let chunk = try? await stream.next() { texts.append(chunk.text) } }
        for (index, word) in ["This ", "is ", "Berth's "].enumerated() {
            await settle()
            clock.advance(by: .milliseconds(19))
            await settle()
            #expect(texts.count == index)
            clock.advance(by: .milliseconds(1))
            await settle()
            #expect(texts.last == word)
        }
        stream.cancel()
        clock.advance(by: .milliseconds(20))
        await pool.drain()
        let pending = clock.pending
        #expect(texts.count == 4)
        #expect(pending == 0)
    }

    @Loop @Test func `a task that is cancelled amid an answer ends it at once`() async throws {
        let clock = ManualClock()
        let stream = try await DemoProvider(in: .quiet(clock)).stream(try call("hello"))
        var error: ProviderError?
        let pool = TaskPool()
        let task = pool.spawn {
            do throws(ProviderError) { _ = try await stream.next() } catch let failure {
                error = failure
            }
        }
        await settle()
        task.cancel()
        await pool.drain()
        let (reported, pending) = (error, clock.pending)
        #expect(reported == .cancelled)
        #expect(pending == 0)
    }

    @Loop @Test func `memory that is not there is refused`() async throws {
        let account = budget.account(for: "bob", quota: ByteCount(10))
        let call = ChatCall(
            request: try JSONObject(Array("{}".utf8)),
            model: "demo",
            maximumOutput: 100,
            user: "u",
            memory: PrepaidMemory(of: account)
        )
        let told = await Asker().complete(DemoProvider(in: .quiet(ManualClock())), call)
        guard
            case .memory(.overQuota(_, .zero, ByteCount(10), "bob", .upstreamTransfer)) = told.error
        else {
            Issue.record("\(told)")
            return
        }
    }
}
