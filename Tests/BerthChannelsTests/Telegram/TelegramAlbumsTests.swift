import BerthChannels
import BerthLoop
import BerthTelemetry
import BerthTestKit
import Testing

@Suite(.loop) struct TelegramAlbumsTests {
    /// A gatherer on a clock that the test moves, and what it has finished.
    @Loop private final class Fixture {
        let clock = ManualClock()
        private(set) var finished: [TelegramAlbums.Album] = []
        private var gatherer: TelegramAlbums?

        init() {
            gatherer = TelegramAlbums(in: .quiet(clock)) { [weak self] in
                self?.finished.append($0)
            }
        }

        var count: Int { gatherer?.count ?? 0 }

        /// Adds a part with one picture, whose update is 100 above its message.
        func add(
            _ id: Int,
            _ album: String = "g",
            caption: String = "",
            in chat: String = TelegramSample.privateChat,
            from: String = TelegramSample.ann,
            file: String? = nil
        ) throws {
            let members =
                #""media_group_id":"\#(album)","caption":"\#(caption)","#
                + #""caption_entities":[{"type":"mention","offset":0,"length":11}],"#
                + #""photo":[{"file_id":"\#(file ?? "f\(id)")","width":1,"height":1}]"#
            let text = TelegramSample.message(members, in: chat, from: from, id: id)
            let event = try TelegramSample.event(#""message":"# + text, seesGroups: true)
            gatherer?.add(try #require(event?.heard), update: 100 + id)
        }

        func flush(chat: Int) { gatherer?.flush(chat: chat) }

        /// The pictures of each finished album.
        var files: [[String]] { finished.map { $0.message.attachments.map(\.media.id) } }
    }

    @Loop @Test func `the parts of an album become one message`() throws {
        let fixture = Fixture()
        // They may come in any order, and the caption is on any of them.
        for (id, caption) in [(3, ""), (2, "compare"), (4, "")] {
            try fixture.add(id, caption: caption)
            fixture.clock.advance(by: .milliseconds(900))
        }
        #expect(fixture.files == [])
        fixture.clock.advance(by: .milliseconds(100))
        #expect(fixture.files == [["f2", "f3", "f4"]])
        #expect(fixture.finished.first?.message.text == "compare")
        #expect(fixture.finished.first?.message.id == 2)
        #expect(fixture.finished.first?.updates == [103, 102, 104])
        #expect(fixture.count == 0)
    }

    @Loop @Test func `a part that comes too late is a message of its own`() throws {
        let fixture = Fixture()
        try fixture.add(1)
        fixture.clock.advance(by: TelegramAlbums.quiet)
        try fixture.add(2)
        fixture.clock.advance(by: TelegramAlbums.quiet)
        #expect(fixture.files == [["f1"], ["f2"]])
    }

    @Loop @Test func `a full album does not wait`() throws {
        let fixture = Fixture()
        for id in 1...TelegramAlbums.mostParts { try fixture.add(id) }
        #expect(fixture.files.map(\.count) == [TelegramAlbums.mostParts])
        #expect(fixture.count == 0)
    }

    @Loop @Test func `albums of several chats and senders are kept apart`() throws {
        let fixture = Fixture()
        try fixture.add(1, "g")
        try fixture.add(2, "h")
        try fixture.add(3, "g", in: TelegramSample.group)
        try fixture.add(4, "g", in: TelegramSample.group, from: TelegramSample.bob)
        try fixture.add(5, "g")
        fixture.clock.advance(by: TelegramAlbums.quiet)
        #expect(fixture.files.sorted { $0[0] < $1[0] } == [["f1", "f5"], ["f2"], ["f3"], ["f4"]])
    }

    @Loop @Test func `an album is for the bot if one part is`() throws {
        let fixture = Fixture()
        try fixture.add(1, "g", in: TelegramSample.group)
        try fixture.add(2, "g", caption: "@helper_bot x", in: TelegramSample.group)
        try fixture.add(3, "h", in: TelegramSample.group)
        fixture.clock.advance(by: TelegramAlbums.quiet)
        #expect(fixture.finished.map(\.message.isForBot) == [true, false])
        #expect(fixture.finished.map(\.updates) == [[101, 102], [103]])
    }

    @Loop @Test func `a part that comes twice counts once`() throws {
        let fixture = Fixture()
        for _ in 0..<3 { try fixture.add(1) }
        fixture.clock.advance(by: TelegramAlbums.quiet)
        #expect(fixture.files == [["f1"]] && fixture.finished[0].updates == [101, 101, 101])
    }

    @Loop @Test func `a later message of the chat finishes its albums`() throws {
        let fixture = Fixture()
        try fixture.add(1, "g")
        try fixture.add(2, "h", in: TelegramSample.group)
        fixture.flush(chat: 5)
        #expect(fixture.files == [["f1"]] && fixture.count == 1)
        fixture.clock.advance(by: TelegramAlbums.quiet)
        #expect(fixture.files == [["f1"], ["f2"]])
    }

    @Loop @Test func `the number of open albums is bounded`() throws {
        let fixture = Fixture()
        for number in 0..<TelegramAlbums.mostOpen + 5 { try fixture.add(number + 1, "g\(number)") }
        #expect(fixture.count == TelegramAlbums.mostOpen)
        #expect(fixture.files == (1...5).map { ["f\($0)"] })
    }
}
