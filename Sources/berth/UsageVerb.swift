import BerthAdmin
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthText

/// Runs `berth usage`.
@Loop enum UsageVerb {
    static func run(_ admin: AdminClient, days: Int, json: Bool) async throws {
        let bytes = try await admin.ask("GET", "/admin/usage?days=\(days)")
        guard !json else { return Output.json(bytes) }
        let lines = try JSON.decode(UsageReport.self, from: bytes).usage
        guard !lines.isEmpty else { return Output.text("There was no usage.\n") }
        let rows = lines.map { line in
            [
                "\(Timestamp(milliseconds: line.dayMs))".cut(toBytes: 10), line.tenant,
                "\(line.requests)", "\(line.estimated)", "\(line.inputTokens)",
                "\(line.cachedTokens)", "\(line.outputTokens)",
                "\(Money(micros: line.micros))",
            ]
        }
        Output.table(
            [
                "day", "tenant", "requests", "estimated", "tokens in", "from cache", "tokens out",
                "dollars",
            ],
            rows
        )
    }
}
