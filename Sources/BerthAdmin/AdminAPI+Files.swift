import BerthBot
import BerthConfig
import BerthFiles
import BerthHTTP
import BerthLoop
import BerthStore
import BerthText
import BerthWork

extension AdminAPI {
    /// The routes of the verbs `files` and `cleanup`.
    var fileRoutes: [Route] {
        [
            route("GET", "/admin/files") { request, _ in
                try await self.files(of: request.query("tenant"))
            },
            route("GET", "/admin/cleanup") { request, _ in
                let plan = try await self.plan(for: request)
                return CleanupReport(plan, applied: false) { self.owner($0) }
            },
            route("POST", "/admin/cleanup") { request, _ in
                let plan = try await self.plan(for: request)
                let (done, failure) = await self.governor.cleaner.apply(plan)
                var report = CleanupReport(done, applied: true) { self.owner($0) }
                report.failure = failure?.forOperator
                return report
            },
        ]
    }

    private func files(of name: String?) async throws -> FilesReport {
        let tenants = try name.map { [try bot.tenants.named($0)] } ?? bot.tenants.all
        let totals = try await bot.resources.store.fileTotals()
        return FilesReport(
            tenants: tenants.map { FilesReport.Tenant($0, totals[$0.row.id]) },
            disk: bot.files.figures.map { FilesReport.Disk($0, governor.settings) }
        )
    }

    /// The plan of a request such as `?tenant=anna&older_than=7d`.
    private func plan(for request: HTTPRequest) async throws -> [PlannedRemoval] {
        var scope = CleanupScope()
        if let name = request.query("tenant") { scope.tenant = try bot.tenants.named(name).row.id }
        if let text = request.query("older_than") {
            guard let time = Units.duration(text) else {
                throw BotError.badValue(
                    "'\(text.shortened(toBytes: 64))' is not a time such as 12h or 7d (older_than)"
                )
            }
            scope.olderThan = time
        }
        do { return try await governor.cleaner.plan(scope) } catch { throw BotError(error) }
    }

    /// The name of a file's tenant, or "" if it is nobody's.
    private func owner(_ id: Tenant.ID?) -> String {
        id.flatMap { bot.tenants.tenant($0)?.name } ?? ""
    }
}
