import BerthAdmin
import BerthConfig
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
        let held = Output.lines(
            ["held back", "tenant", "why", "tried again", "pause ends"],
            report.held.map {
                [
                    $0.name, $0.tenant ?? "all", $0.state, time($0.untilMs),
                    $0.endsMs.map(time) ?? "",
                ]
            }
        )
        let isQuiet = report.failed + report.uncertain == 0
        return lanes + (report.providers.isEmpty ? "" : "\n" + providers)
            + (report.held.isEmpty
                ? "" : "\n" + held + "\nCall one again with: berth queue resume NAME\n")
            + "\nLast seven days: \(report.failed) failed, "
            + "\(count(report.uncertain, "call")) uncertain"
            + (isQuiet ? "\n" : " (berth queue failed)\n")
            + (report.askedAgain == 0
                ? ""
                : "\(count(report.askedAgain, "call")) cut off by a kill "
                    + "\(report.askedAgain == 1 ? "was" : "were") asked again, which cost the house "
                    + "at most $\(Money(micros: report.houseMicros))\n")
            + (report.sentAgain == 0
                ? ""
                : "\(count(report.sentAgain, "message")) may have been delivered twice, because the "
                    + "answer to the first sending was lost\n")
    }

    static func turns(_ list: OpenTurnList) -> String {
        guard !list.turns.isEmpty else { return "No turn waits or is being answered.\n" }
        let rows = list.turns.map { turn in
            [
                turn.id, turn.tenant, state(turn.state, turn.progress ?? turn.why),
                "\(turn.ageMs / 1000) s",
            ]
        }
        return Output.lines(["id", "tenant", "state", "age"], rows)
            + "\nEnd one with: berth queue end ID\n"
    }

    static func calls(_ list: OpenCallList) -> String {
        guard !list.calls.isEmpty else { return "No API call waits or runs.\n" }
        let rows = list.calls.map { call in
            [
                call.id, call.tenant, call.model, state(call.state, call.progress),
                "\(call.ageMs / 1000) s", call.request,
            ]
        }
        return Output.lines(["id", "tenant", "model", "state", "age", "request"], rows)
            + "\nEnd one with: berth queue end ID\n"
    }

    private static func state(_ state: String, _ detail: String?) -> String {
        state + (detail.map { " (\($0))" } ?? "")
    }

    static func resumed(_ report: ResumeReport) -> String {
        let noun = report.resumed == 1 ? "block was" : "blocks were"
        return "\(report.name) is called again: \(report.resumed) \(noun) lifted\n"
    }

    private static func time(_ ms: Int64) -> String { "\(Timestamp(milliseconds: ms))" }

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
