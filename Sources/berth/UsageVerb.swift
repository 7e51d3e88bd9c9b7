import BerthAdmin
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthText

/// Runs `berth usage`.
@Loop enum UsageVerb {
    static func run(_ admin: AdminClient, _ choices: UsageChoices, json: Bool) async throws {
        let query = choices.isMonth ? "month=1" : "days=\(choices.days)"
        let bytes = try await admin.ask("GET", "/admin/usage?\(query)")
        guard !json else { return Output.json(bytes) }
        let report = try JSON.decode(UsageReport.self, from: bytes)
        guard !choices.isCSV else { return Output.text(csv(report)) }
        guard !report.usage.isEmpty else { return Output.text("There was no usage.\n") }
        Output.table(headings, rows(report))
    }

    private static nonisolated let headings = [
        "day", "tenant", "requests", "estimated", "tokens in", "from cache", "tokens out",
        "dollars",
    ]

    /// A row for each day and tenant, then the sums.
    static nonisolated func rows(_ report: UsageReport) -> [[String]] {
        var rows = report.usage.map(row)
        // One row needs no sum, and one day needs no sums of its tenants.
        if report.usage.count > report.tenants.count { rows += report.tenants.map(row) }
        if report.usage.count > 1, let total = report.total { rows.append(row(total)) }
        return rows
    }

    /// A header and a line for each day and tenant, without sums, for a spreadsheet.
    ///
    /// No value has a comma or a quote, and none begins as a formula does.
    static nonisolated func csv(_ report: UsageReport) -> String {
        let names = headings.map { $0.replacing(" ", with: "_") }
        return ([names] + report.usage.map(row)).map { $0.joined(separator: ",") + "\n" }.joined()
    }

    private static nonisolated func row(_ line: UsageReport.Line) -> [String] {
        [
            line.dayMs.map { "\(Timestamp(milliseconds: $0))".cut(toBytes: 10) } ?? "all days",
            line.tenant, "\(line.requests)", "\(line.estimated)", "\(line.inputTokens)",
            "\(line.cachedTokens)", "\(line.outputTokens)", "\(Money(micros: line.micros))",
        ]
    }
}
