import Testing

/// Rules for one loop, injected time, bounded queues and a small runtime.
@Suite struct ConcurrencyTests {
    @Test func `nothing starts stray threads or tasks, sleeps or maps ICU`() {
        expectNone(\.strayConcurrency)
    }

    @Test func `every AsyncStream names its bound`() { expectNone(\.unboundedStreams) }

    @Test(arguments: [
        "Task { a() }", "Task\n{ a() }", "Task.detached { a() }", "Task(priority: .low) { a() }",
        "Task<Void, Never> { a() }", "try await Task.sleep(for: .seconds(1))",
        "DispatchQueue.main.async {}", "import Dispatch", "let a = Thread()", "sleep(1)",
        "usleep(10)", "import Foundation", "package import Foundation", "Glibc.sleep(1)",
        "let a = DispatchSemaphore(value: 0)", "let a = \"\\(Task { 1 })\"",
        "Task.immediate { a() }",
    ])
    func `a stray thread, task, sleep or Foundation is found`(text: String) {
        #expect(sample(text).strayConcurrency.count == 1)
        #expect(sample(text, at: "Tests/BerthBotTests/A.swift").strayConcurrency.count == 1)
    }

    @Test(arguments: [
        "import FoundationEssentials", "var task: Task<Void, Never>?", "Task.isCancelled",
        "try await clock.sleep(for: .seconds(1))", "func sleep(for: Duration) {}", "// Task { }",
        "let a = \"Task {\"", "await Task.yield()", "EventLoop.shared.spawn { a() }",
        "func wait(on task: Task<Void, Never>) { a() }", "extension Task { }",
        "func make() -> Task<Void, Never> { a() }", "try await sleep(until: deadline)",
    ])
    func `injected clocks, spawned tasks and names alone are not`(text: String) {
        #expect(sample(text).strayConcurrency.isEmpty)
    }

    @Test func `the loop alone makes an unstructured task, with itself as the executor`() {
        let spawn = "Task(executorPreference: self) { await work() }"
        #expect(sample(spawn, at: "Sources/BerthLoop/EventLoop.swift").strayConcurrency.isEmpty)
        #expect(sample(spawn).strayConcurrency.count == 1)
    }

    @Test(arguments: [
        "AsyncStream<Int> { $0.finish() }", "AsyncStream(Int.self) { $0.finish() }",
        "AsyncStream.makeStream(of: Int.self)",
        "AsyncThrowingStream<[Int], any Error>.makeStream()",
    ])
    func `a stream without a bound is found`(text: String) {
        #expect(sample(text).unboundedStreams.count == 1)
    }

    @Test(arguments: [
        "AsyncStream<Int>(bufferingPolicy: .bufferingOldest(64)) { $0.finish() }",
        "AsyncStream.makeStream(\n    of: Int.self, bufferingPolicy: .bufferingNewest(1))",
        "var words: AsyncStream<Int>", "let a: AsyncStream<Int>.Continuation",
        "func words() -> AsyncStream<Int> { a }",
    ])
    func `a bounded one and its type's name are not`(text: String) {
        #expect(sample(text).unboundedStreams.isEmpty)
    }

    @Test func `a stream that says unbounded is found`() {
        let text = "AsyncStream(Int.self, bufferingPolicy: .unbounded) { $0.finish() }"
        #expect(sample(text).unboundedStreams.count == 1)
    }
}

extension SourceFile {
    var strayConcurrency: [Finding] {
        tokens.indices.compactMap { index in
            strayWord(index).map { finding(tokens[index].line, $0) }
        }
    }

    /// The advice about the token at `index`, or nil if no rule forbids it.
    private func strayWord(_ index: Int) -> String? {
        guard tokens[index].kind == .word else { return nil }
        let text = tokens[index].text
        switch text {
        case "Foundation", "Dispatch":
            guard index > 0, tokens[index - 1].is("import") else { return nil }
            return "\(text) costs megabytes and threads: use FoundationEssentials or the loop"
        case "Task": return strayTask(index)
        case "Thread": return "a thread of its own: use a Worker"
        case "sleep", "usleep", "nanosleep":
            guard isCall(index), index + 2 < tokens.count else { return nil }
            if ["for", "until"].contains(tokens[index + 2].text) { return nil }
            return "a sleep: wait for the event, or on the injected clock"
        default:
            guard text.hasPrefix("Dispatch"), text.dropFirst(8).first?.isUppercase == true else {
                return nil
            }
            return "Dispatch starts threads: use the loop or a Worker"
        }
    }

    private func isCall(_ index: Int) -> Bool {
        index + 1 < tokens.count && tokens[index + 1].is("(")
            && !(index > 0 && tokens[index - 1].is("func"))
    }

    private func strayTask(_ index: Int) -> String? {
        let before = index > 0 ? tokens[index - 1].text : ""
        if [">", ":", "extension", "struct", "class", "enum"].contains(before) { return nil }
        let next = afterGenerics(index)
        let after = next < tokens.count ? tokens[next].text : ""
        let member = after == "." && next + 1 < tokens.count ? tokens[next + 1].text : ""
        if member == "sleep" { return "Task.sleep: wait for the event, or on the injected clock" }
        guard after == "{" || after == "(" || ["detached", "immediate", "init"].contains(member)
        else { return nil }
        let isLoop = path == "Sources/BerthLoop/EventLoop.swift"
        if isLoop, after == "(", tokens[next + 1].is("executorPreference") { return nil }
        return "an unstructured task: use Loop.spawn, a TaskPool or a child task"
    }

    /// The token after `Name` or `Name<…>`.
    private func afterGenerics(_ index: Int) -> Int {
        var (next, depth) = (index + 1, 0)
        guard next < tokens.count, tokens[next].is("<") else { return next }
        while next < tokens.count {
            if tokens[next].is("<") { depth += 1 }
            if tokens[next].is(">") { depth -= 1 }
            next += 1
            if depth == 0 { break }
        }
        return next
    }

    var unboundedStreams: [Finding] {
        let names = places(of: ["AsyncStream"]) + places(of: ["AsyncThrowingStream"])
        return names.filter(isUnbounded).map {
            finding(
                tokens[$0].line,
                "a stream without a bound: add bufferingPolicy: .bufferingOldest(n)"
            )
        }
    }

    private func isUnbounded(_ index: Int) -> Bool {
        var next = afterGenerics(index)
        if next + 1 < tokens.count, tokens[next].is("."), tokens[next + 1].is("makeStream") {
            next += 2
        }
        guard next < tokens.count else { return false }
        if tokens[next].is("{") {
            return index == 0 || ![">", ":"].contains(tokens[index - 1].text)
        }
        guard tokens[next].is("(") else { return false }
        let arguments = tokens[next...closing(next)]
        return !arguments.contains { $0.is("bufferingPolicy") }
            || arguments.contains { $0.is("unbounded") }
    }
}
