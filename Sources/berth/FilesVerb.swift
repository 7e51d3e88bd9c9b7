import BerthAdmin
import BerthHTTP
import BerthLoop
import BerthText

/// Runs `berth files` and `berth cleanup`.
@Loop struct FilesVerb {
    let admin: AdminClient
    let json: Bool

    /// Shows the files of one tenant, or of all.
    func list(_ tenant: String?) async throws {
        let query = tenant.map { "?tenant=\($0.pathSegment)" } ?? ""
        let bytes = try await admin.ask("GET", "/admin/files\(query)")
        guard !json else { return Output.json(bytes) }
        Output.text(FilesText.files(try JSON.decode(FilesReport.self, from: bytes)))
    }

    /// Shows the plan of a cleanup, or carries it out.
    ///
    /// - Returns: the exit status, which is 1 if a file could not be deleted.
    func clean(_ choices: CleanupChoices) async throws -> Int32 {
        let query = [
            choices.tenant.map { "tenant=\($0.pathSegment)" },
            choices.olderThan.map { "older_than=\($0)" },
        ].compactMap { $0 }
        let path = "/admin/cleanup" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
        let bytes = try await admin.ask(choices.apply ? "POST" : "GET", path)
        let report = try JSON.decode(CleanupReport.self, from: bytes)
        if json { Output.json(bytes) } else { Output.text(FilesText.cleanup(report)) }
        guard let failure = report.failure else { return 0 }
        Output.error("berth: some files could not be deleted: \(failure)")
        return 1
    }
}
