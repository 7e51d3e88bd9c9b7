import BerthAdmin
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthText
import Glibc

/// Runs `berth memory …`.
@Loop struct MemoryVerb {
    let admin: AdminClient
    let json: Bool

    private static let path = "/admin/memory"

    func run(_ choices: MemoryChoices) async throws {
        guard choices.watch else { return Output.text(try await answer(choices.action)) }
        let (clock, stop, second) = (SystemClock(), Stop(), Wakeup())
        let signals = try Signals.watch { _ in stop.request() }
        defer { signals.cancel() }
        let isScreen = Output.Place.standardOutput.isTerminal && !json
        while !stop.isRequested {
            let next = clock.schedule(after: .seconds(1)) { second.signal() }
            defer { next.cancel() }
            let text = try await answer(choices.action)
            if isScreen { Output.screen(text) } else { Output.text(text) }
            await stop.requested(or: second)
        }
    }

    /// The text to print: the service's JSON, or a report in words.
    private func answer(_ action: MemoryChoices.Action) async throws -> String {
        switch action {
        case .show: try await ask("GET", text: MemoryText.report)
        case .tenant(let name):
            try await ask("GET", "?tenant=\(name.pathSegment)", text: MemoryText.tenant)
        case .forecast(let users):
            try await ask("GET", "?users=\(users)", text: MemoryText.forecast)
        case .limit(let limit):
            try await ask("PATCH", body: ["limit": "\(limit.bytes)"], text: MemoryText.limit)
        }
    }

    private func ask<Report: Decodable>(
        _ method: String,
        _ query: String = "",
        body: [String: String]? = nil,
        text: (Report) -> String
    ) async throws -> String {
        let bytes = try await admin.ask(method, MemoryVerb.path + query, body)
        guard !json else { return HarmlessText.json(bytes) + "\n" }
        return text(try JSON.decode(Report.self, from: bytes))
    }
}
