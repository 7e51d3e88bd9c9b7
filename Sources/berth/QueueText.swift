import BerthAdmin
import BerthHTTP
import BerthLoop
import BerthText

/// Prints the queue's reports as text.
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
            + "\nLast seven days: \(report.failed) failed, "
            + "\(count(report.uncertain, "call")) uncertain"
            + (isQuiet ? "\n" : " (berth queue failed)\n")
    }

    static func troubles(_ list: TroubleList) -> String {
        guard !list.troubles.isEmpty else {
            return "Nothing failed or became uncertain in the last seven days.\n"
        }
        let rows = list.troubles.map { line in
            [
                line.id, line.tenant, line.state, "\(line.attempts)",
                "\(Timestamp(milliseconds: line.endedMs))", line.model ?? line.place ?? "",
                line.why,
            ]
        }
        let retryable = list.troubles.contains(where: \.retryable)
        return Output.lines(
            ["id", "tenant", "state", "tries", "when", "model or place", "why"],
            rows
        )
            + (retryable ? "\nRetry one with: berth queue retry ID\n" : "")
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
}
