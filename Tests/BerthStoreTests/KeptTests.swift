import BerthLoop
import BerthStore
import BerthTelemetry
import BerthTestKit
import Testing

@Suite(.loop, .timeLimit(.minutes(1))) struct KeptTests {
    @Loop @Test func `what is kept is there until something else is, also after a start`()
        async throws
    {
        let files = try TemporaryFolder()
        for (before, now) in [(nil, [1, 2]), ([1, 2], []), ([], [3])] as [([UInt8]?, [UInt8])] {
            let database = try await Database.open(
                in: try DataFolder(path: files.path),
                log: .silent
            )
            let found = try await database.write { store throws(StoreError) in
                let found = try store.kept(.hotSet)
                try store.keep(now, as: .hotSet)
                return found
            }
            #expect(found == before)
            await database.close()
        }
    }
}
