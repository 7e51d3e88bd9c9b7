import BerthLoop
import BerthTelemetry
import BerthTestKit

@testable import BerthStore

/// An engine that the conformance suite runs over.
///
/// | engine | opened by                | after a crash                            | when it is full    |
/// |--------|--------------------------|------------------------------------------|--------------------|
/// | folder | `Database.open(in:)`     | a copy of the files as they were is read | `max_page_count`   |
/// | memory | `Database.inMemory(log:)`| nothing: it ends with its process, so a  | `max_page_count`   |
/// |        |                          | restart is `recover` on the same store   |                    |
enum StoreEngine: String, CaseIterable, Sendable {
    case folder
    case memory

    /// Opens an empty store of this engine.
    ///
    /// `files` is the data folder, if it has one.
    func open(_ files: TemporaryFolder) async throws -> Database {
        switch self {
        case .folder: try await Database.open(in: DataFolder(path: files.path), log: .silent)
        case .memory: try await Database.inMemory(log: .silent)
        }
    }
}
