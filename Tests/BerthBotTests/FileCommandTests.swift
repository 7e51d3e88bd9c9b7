import BerthBot
import BerthConfig
import BerthFiles
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthStore
import BerthTestKit
import BerthWork
import Testing

@Suite(.loop, .timeLimit(.minutes(20))) struct FileCommandTests {
    @Loop private func add(_ bot: BotFixture, _ seed: UInt8) async throws -> StoredFile {
        let bytes = [UInt8](repeating: seed, count: 2048)
        return try await bot.bot.files.add(bytes, FileKind("image/png"), for: bot.ann.fileOwner)
    }

    @Loop @Test func `a user lists files and deletes one or all`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let none = try await bot.command("/files", in: session)
            #expect(none == "You have no files here.")
            let first = try await add(bot, 1)
            for seed in 2...4 as ClosedRange<UInt8> { _ = try await add(bot, seed) }
            let list = try await bot.command("/files", in: session)
            #expect(list.contains("`\(first.id)` | image/png | 2 KiB"))
            #expect(list.contains("4 files of 500 with 8 KiB of 256 MiB"))
            let one = try await bot.command("/delete \(first.id)", in: session)
            #expect(one == "Deleted 1 file with 2 KiB.")
            let again = try await bot.command("/delete \(first.id)", in: session)
            #expect(again == "Nothing was changed: there is no such file.")
            let rest = try await bot.command("/delete all", in: session)
            #expect(rest == "Deleted 3 files with 6 KiB.")
            let empty = try await bot.command("/delete all", in: session)
            #expect(empty == "There was nothing to delete.")
            #expect(try await bot.command("/delete", in: session).contains("/delete FILE"))
        }
    }

    @Loop @Test func `another tenant's file cannot be deleted`() async throws {
        try await withBot { bot in
            let file = try await add(bot, 1)
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let session = try await bot.session(of: bob)
            let turn = try await bot.bot.turns.begin("/delete \(file.id)", in: session, by: bob)
            _ = try await turn.ended()
            #expect(try await bot.store.file(file.id) != nil)
        }
    }

    @Loop @Test func `removing a tenant deletes its files and counts them`() async throws {
        try await withBot { bot in
            for seed in 1...3 as ClosedRange<UInt8> { _ = try await add(bot, seed) }
            let total = try await bot.bot.set(.removed, of: bot.ann)
            #expect(total.files == 3 && total.bytes == 6144)
            let left = bot.bot.files.accounts.files
            #expect(left == 0)
            #expect(try await bot.store.fileTotals().isEmpty)
        }
    }
}
