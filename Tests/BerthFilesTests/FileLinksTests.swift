import BerthLoop
import BerthTestKit
import Testing

@testable import BerthFiles
@testable import BerthStore

@Suite(.loop) struct FileLinksTests {
    private let links = FileLinks(url: "https://b.example", key: [UInt8](repeating: 3, count: 32))
    private let now = Timestamp(milliseconds: 1_760_000_000_000)
    private let file = StoredFile.sample(id: "AbC-_9", tenant: RowID(1), bytes: 1)

    /// The query of a link, as names and values.
    private func query(_ link: String) -> [String: String] {
        let fields = link.split(separator: "?")[1].split(separator: "&").map {
            $0.split(separator: "=").map(String.init)
        }
        return Dictionary(uniqueKeysWithValues: fields.map { ($0[0], $0[1]) })
    }

    @Test func `a link is valid until its end`() throws {
        let link = links.link(to: file, at: now, for: .seconds(60))
        #expect(link.hasPrefix("https://b.example/files/AbC-_9?until="))
        let (until, code) = (query(link)["until"] ?? "", query(link)["code"] ?? "")
        try links.check(file.id, until: until, code: code, at: now + .seconds(59))
        #expect(throws: FilesError.linkExpired) {
            try links.check(file.id, until: until, code: code, at: now + .seconds(60))
        }
    }

    @Test func `a changed link is refused, and never told to have expired`() throws {
        let link = links.link(to: file, at: now)
        let (until, code) = (query(link)["until"] ?? "", query(link)["code"] ?? "")
        let other = FileLinks(url: "https://b.example", key: [UInt8](repeating: 4, count: 32))
        let changes: [(FileLinks, String, String, String)] = [
            (links, "other", until, code), (links, file.id, "99999999999999999", code),
            (links, file.id, until, ""), (links, file.id, until, code + "A"),
            (links, file.id, "", code), (links, file.id, "x", code), (other, file.id, until, code),
        ]
        for (links, id, until, code) in changes {
            #expect(throws: FilesError.badLink) {
                try links.check(id, until: until, code: code, at: now + .seconds(9_999_999))
            }
        }
    }

    @Loop @Test func `links survive a restart`() async throws {
        let folder = try TemporaryFolder(inMemory: true)
        let first = try await FilesFixture(folder)
        let link = first.files.links.link(to: file, at: now)
        await first.end()
        let bed = try await FilesFixture(folder)
        try bed.files.links.check(
            file.id,
            until: query(link)["until"] ?? "",
            code: query(link)["code"] ?? "",
            at: now
        )
        await bed.end()
    }
}

@Suite struct FileKindTests {
    @Test(arguments: [
        ("image/png", "image/png"), ("IMAGE/PNG; q=1", "image/png"), ("text/html ", "text/html"),
        ("", "application/octet-stream"), ("png", "application/octet-stream"),
        ("a/b/c", "application/octet-stream"), ("a/", "application/octet-stream"),
        ("image/p\u{e4}g", "application/octet-stream"), ("a/\"b\"", "application/octet-stream"),
        ("image/svg+xml", "image/svg+xml"),
        ("a/" + String(repeating: "b", count: 99), "application/octet-stream"),
    ])
    func `a type is kept without parameters, and only if it is one`(text: String, name: String) {
        #expect(FileKind(text).name == name)
    }

    @Test(arguments: [
        "text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/pdf",
        "application/javascript", "application/octet-stream", "model/x",
    ])
    func `a type that could run a script is downloaded`(name: String) {
        #expect(FileKind(name).disposition(of: "i-d") == "attachment; filename=\"i-d.bin\"")
    }

    @Test func `a picture is shown`() {
        #expect(FileKind("image/webp").disposition(of: "id") == "inline; filename=\"id.webp\"")
    }
}
