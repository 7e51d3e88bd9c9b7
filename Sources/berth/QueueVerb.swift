import BerthAdmin
import BerthHTTP
import BerthLoop
import BerthText

/// Runs `berth queue …`.
@Loop struct QueueVerb {
    let admin: AdminClient
    let json: Bool

    func run(_ action: QueueAction) async throws {
        switch action {
        case .show: try await show("GET", "/admin/queue", QueueText.queue)
        case .failed: try await show("GET", "/admin/queue/failed", QueueText.troubles)
        case .retry(let id):
            let path = "/admin/turns/\(id.pathSegment)/retry"
            try await show("POST", path) { (report: RetryReport) in
                "\(report.id) is \(report.state == "waiting" ? "delivered" : "answered") again\n"
            }
        case .turns: try await show("GET", "/admin/queue/turns", QueueText.turns)
        case .calls: try await show("GET", "/admin/queue/calls", QueueText.calls)
        case .end(let id):
            try await show("POST", "/admin/turns/\(id.pathSegment)/end") {
                (report: RetryReport) in "\(report.id) is ended\n"
            }
        case .resume(let name):
            try await show("POST", "/admin/queue/resume", body: ["name": name], QueueText.resumed)
        }
    }

    private func show<Report: Decodable>(
        _ method: String,
        _ path: String,
        body: [String: String]? = nil,
        _ text: (Report) -> String
    ) async throws {
        let bytes = try await admin.ask(method, path, body)
        guard !json else { return Output.json(bytes) }
        Output.text(text(try JSON.decode(Report.self, from: bytes)))
    }
}
