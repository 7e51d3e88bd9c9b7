import Glibc
import Testing

@testable import berth

/// The file with the messages of former conversations.
@Suite struct TerminalHistoryTests {
    private let folder: ScratchFolder
    private let history: TerminalHistory

    init() throws {
        let folder = try ScratchFolder("berth-history")
        self.folder = folder
        history = try #require(
            TerminalHistory { $0 == "XDG_STATE_HOME" ? folder.path + "/state" : nil }
        )
    }

    @Test(
        arguments: [
            (["XDG_STATE_HOME": "/s", "HOME": "/h"], "/s/berth/history"),
            (["HOME": "/h"], "/h/.local/state/berth/history"),
            (["XDG_STATE_HOME": "relative", "HOME": "/h"], "/h/.local/state/berth/history"),
            (["HOME": ""], nil), ([:], nil),
        ] as [([String: String], String?)]
    )
    func `the environment names the file`(variables: [String: String], path: String?) {
        #expect(TerminalHistory { variables[$0] }?.path == path)
    }

    @Test func `messages come back in their order, each once, and only its user may read them`() {
        defer { folder.remove() }
        #expect(history.messages().isEmpty)
        for message in ["one", "two\nlines", "\u{1B}[1m \\ \"语\"", "one", " hidden", "\thidden"] {
            history.add(message)
        }
        #expect(history.messages() == ["two\nlines", "\u{1B}[1m \\ \"语\"", "one"])
        var status = stat()
        let code = unsafe stat(history.path, &status)
        #expect(code == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test func `the file has a bound in messages and in bytes`() {
        defer { folder.remove() }
        for number in 0..<TerminalEditor.mostMessages + 5 { history.add("message \(number)") }
        #expect(history.messages().count == TerminalEditor.mostMessages)
        #expect(history.messages().first == "message 5")
        let long = String(repeating: "x", count: TerminalHistory.longest - 10)
        for number in 0..<30 { history.add("\(number) \(long)") }
        history.add(String(repeating: "y", count: TerminalHistory.longest))
        let kept = history.messages()
        #expect(kept.count == TerminalHistory.mostBytes / TerminalHistory.longest)
        #expect(kept.last == "29 \(long)")
    }

    @Test(arguments: ["no JSON\n\"good\"\n{}\n", "\u{0}\n\"good\"\n\"cut", "\"good\""])
    func `lines of a damaged file are left out`(text: String) throws {
        defer { folder.remove() }
        history.add("first")
        _ = unsafe unlink(history.path)
        let file = try folder.write(text, to: "state/berth/history")
        #expect(file == history.path)
        #expect(history.messages() == ["good"])
        history.add("new")
        #expect(history.messages() == ["good", "new"])
    }

    @Test func `a folder that cannot be made keeps no messages`() throws {
        defer { folder.remove() }
        let file = try folder.write("", to: "state")
        #expect(file == folder.path + "/state")
        history.add("lost")
        #expect(history.messages().isEmpty)
    }
}
