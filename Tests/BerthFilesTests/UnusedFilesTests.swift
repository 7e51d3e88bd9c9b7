import BerthLoop
import BerthMemory
import BerthTestKit
import BerthText
import Testing

@testable import BerthFiles
@testable import BerthStore

/// Files whose turn was deleted, and files that no turn takes.
@Suite(.loop, .timeLimit(.minutes(20))) struct UnusedFilesTests {
    private let day = Duration.seconds(86_400)

    /// A conversation with one turn that has `pictures`, and `inputs` with its message.
    @Loop private func conversation(
        _ bed: FilesFixture,
        _ name: String,
        inputs: [StoredFile] = [],
        pictures: [TurnPicture] = []
    ) async throws -> Session.ID {
        let now = bed.clock.timestamp
        let place = Place(channel: .web)
        let draft = SessionDraft(publicID: name, place: place, tenant: bed.ann.tenant)
        let session = try #require(try await bed.database.openSession(draft, at: now))
        var turn = TurnDraft(
            publicID: "t-\(name)",
            session: session.id,
            tenant: bed.ann.tenant,
            text: ""
        )
        turn.inputs = inputs.map { TurnPicture(file: $0.id, width: 1, height: 1) }
        let accepted = try await bed.database.acceptTurn(turn, at: now)
        var outcome = TurnOutcome(.done, answer: "here")
        outcome.pictures = pictures
        try await bed.database.finishTurn(accepted, as: outcome, at: now)
        return session.id
    }

    @Loop @Test func `files of a deleted conversation go with the next pass`() async throws {
        try await withFiles { bed in
            let (input, other) = (try await bed.add(10, seed: 1), try await bed.add(20, seed: 2))
            let (picture, thumbnail) = (
                try await bed.add(30, seed: 3), try await bed.add(5, seed: 4)
            )
            let made = TurnPicture(file: picture.id, thumbnail: thumbnail.id, width: 1, height: 1)
            let first = try await conversation(bed, "a", inputs: [input], pictures: [made])
            let second = try await conversation(bed, "b", inputs: [input, other])
            bed.clock.advance(by: day * 2)
            await bed.look()
            #expect(bed.contents.count == 4, "a turn has them")
            try await bed.database.deleteSession(first, at: bed.clock.timestamp)
            let plan = try await bed.cleaner.plan(CleanupScope())
            #expect(plan.map(\.bytes).sorted() == [5, 30], "the input is in another conversation")
            #expect(plan.allSatisfy { $0.rule == .released })
            #expect(plan.allSatisfy { $0.why == "its conversation was deleted" })
            bed.clock.advance(by: DiskGovernor.expiryInterval)
            await bed.governor.look()
            #expect(bed.contents.count == 2)
            try await bed.database.deleteSession(second, at: bed.clock.timestamp)
            bed.clock.advance(by: DiskGovernor.expiryInterval)
            await bed.governor.look()
            #expect(bed.contents.isEmpty && bed.files.accounts.files == 0)
            let told = bed.lines.all.filter { $0.contains("its conversation was deleted") }
            #expect(told.count == 2)
        }
    }

    @Loop @Test func `an upload that no turn takes goes after a day, and not before`() async throws
    {
        try await withFiles { bed in
            try await bed.add(10, seed: 1)
            let taken = try await bed.add(20, seed: 2)
            _ = try await conversation(bed, "a", inputs: [taken])
            bed.clock.advance(by: day)
            await bed.look()
            #expect(bed.contents.count == 2)
            bed.clock.advance(by: DiskGovernor.expiryInterval)
            let plan = try await bed.cleaner.plan(CleanupScope())
            #expect(plan.map(\.bytes) == [10] && plan[0].rule == .untaken)
            #expect(plan[0].why == "no message took it for 1d")
            await bed.look()
            #expect(bed.contents == ["files/1/\(taken.hash.hex)"])
        }
    }

    @Loop @Test func `an upload that is read in the meantime has a day from then`() async throws {
        try await withFiles { bed in
            let file = try await bed.add(10)
            bed.clock.advance(by: day - .seconds(60))
            _ = try await bed.files.open(file)
            bed.clock.advance(by: day - .seconds(60))
            await bed.look()
            #expect(bed.contents.count == 1)
            bed.clock.advance(by: .seconds(120))
            await bed.look()
            #expect(bed.contents.isEmpty)
        }
    }

    @Loop @Test(arguments: ["taken", "uploaded", "read"])
    func `a released file that is used again after the plan stays`(again: String) async throws {
        try await withFiles { bed in
            let file = try await bed.add(10)
            let session = try await conversation(bed, "a", inputs: [file])
            try await bed.database.deleteSession(session, at: bed.clock.timestamp)
            bed.clock.advance(by: day)
            let plan = try await bed.cleaner.plan(CleanupScope())
            switch again {
            case "taken": _ = try await conversation(bed, "b", inputs: [file])
            case "uploaded": try await bed.add(10)
            default: _ = try await bed.files.open(file)
            }
            let (done, failure) = await bed.cleaner.apply(plan)
            #expect(plan.count == 1 && done.isEmpty && failure == nil && bed.contents.count == 1)
        }
    }

    @Loop @Test func `a file has one reason, and a plan its limit`() async throws {
        try await withFiles { bed in
            for seed in 1...5 { try await bed.add(10, seed: UInt8(seed)) }
            bed.clock.advance(by: day * 31)
            for seed in 6...9 { try await bed.add(10, seed: UInt8(seed)) }
            bed.clock.advance(by: day * 2)
            let all = try await bed.cleaner.due(CleanupScope(), 99)
            #expect(all.map(\.rule).filter { $0 == .expired }.count == 5)
            #expect(all.map(\.rule).filter { $0 == .untaken }.count == 4)
            #expect(Set(all.map(\.path)).count == 9)
            let some = try await bed.cleaner.due(CleanupScope(), 7)
            #expect(some.count == 7)
            let others = CleanupScope(tenant: RowID(99))
            #expect(try await bed.cleaner.due(others, 99).isEmpty)
        }
    }

    @Loop @Test func `a released file that has disappeared is forgotten`() async throws {
        try await withFiles { bed in
            let file = try await bed.add(10)
            let session = try await conversation(bed, "a", inputs: [file])
            try await bed.database.deleteSession(session, at: bed.clock.timestamp)
            bed.remove(bed.contents[0])
            let plan = try await bed.cleaner.plan(CleanupScope())
            let (done, failure) = await bed.cleaner.apply(plan)
            #expect(done.count == 1 && failure == nil)
            #expect(try await bed.files.file(file.id) == nil && bed.files.accounts.files == 0)
        }
    }
}
