import BerthAdmin
import BerthHTTP
import BerthLoop
import BerthText

/// `berth queue …`.
@Loop struct QueueVerb {
    private let admin: AdminClient
    private let json: Bool

    init(_ admin: AdminClient, json: Bool) {
        self.admin = admin
        self.json = json
    }

    func run(_ action: QueueAction) async throws {
        switch action {
        case .show: try await print("GET", "/admin/queue", QueueText.queue)
        case .failed: try await print("GET", "/admin/queue/failed", QueueText.troubles)
        case .retry(let id):
            let path = "/admin/turns/\(id.pathSegment)/retry"
            try await print("POST", path) { (report: RetryReport) in
                "\(report.id) is answered again\n"
            }
        }
    }

    private func print<Report: Decodable>(
        _ method: String,
        _ path: String,
        _ text: (Report) -> String
    ) async throws {
        let bytes = try await admin.ask(method, path)
        guard !json else { return Output.json(bytes) }
        Output.text(text(try JSON.decode(Report.self, from: bytes)))
    }
}

/// The queue's reports for people.
enum QueueText {
    static func queue(_ report: QueueReport) -> String {
        let lanes = Output.lines(
            ["lane", "waiting", "running"],
            report.lanes.map { [$0.lane, "\($0.waiting)", "\($0.running)"] }
        )
        let providers = Output.lines(
            ["provider", "waiting", "running", "limit", "state"],
            report.providers.map {
                [$0.provider, "\($0.waiting)", "\($0.running)", "\($0.limit)", $0.state]
            }
        )
        let isQuiet = report.failed + report.uncertain == 0
        return lanes + (report.providers.isEmpty ? "" : "\n" + providers)
            + "\nLast seven days: \(count(report.failed, "turn")) failed, "
            + "\(count(report.uncertain, "call")) uncertain"
            + (isQuiet ? "\n" : " (berth queue failed)\n")
    }

    static func troubles(_ list: TroubleList) -> String {
        guard !list.troubles.isEmpty else {
            return "Nothing failed or is uncertain in the last seven days.\n"
        }
        let rows = list.troubles.map { line in
            [
                line.id, line.tenant, line.state, "\(line.attempts)",
                "\(Timestamp(milliseconds: line.endedMs))", line.model ?? "", harmless(line.why),
            ]
        }
        let retryable = list.troubles.contains(where: \.retryable)
        return Output.lines(["id", "tenant", "state", "tries", "when", "model", "why"], rows)
            + (retryable ? "\nAnswer one again with: berth queue retry ID\n" : "")
    }

    /// One line, whatever a network's error says.
    private static func harmless(_ text: String) -> String {
        text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : "\($0)" }
            .joined()
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
}
