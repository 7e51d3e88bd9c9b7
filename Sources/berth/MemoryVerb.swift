import BerthAdmin
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthText
import Glibc

/// Runs `berth memory …`.
@Loop struct MemoryVerb {
    private let admin: AdminClient
    private let json: Bool

    private static let path = "/admin/memory"

    init(_ admin: AdminClient, json: Bool) {
        self.admin = admin
        self.json = json
    }

    func run(_ choices: MemoryChoices) async throws {
        guard choices.watch else { return Output.text(try await answer(choices.action)) }
        let (clock, stop, second) = (SystemClock(), Stop(), Wakeup())
        let signals = try Signals.watch { _ in stop.request() }
        defer { signals.cancel() }
        let screen = Screen(isTerminal: isatty(STDOUT_FILENO) != 0 && !json)
        while !stop.isRequested {
            let next = clock.schedule(after: .seconds(1)) { second.signal() }
            defer { next.cancel() }
            screen.show(try await answer(choices.action))
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
        guard !json else { return String(decoding: bytes, as: UTF8.self) + "\n" }
        return text(try JSON.decode(Report.self, from: bytes))
    }
}

/// Prints a text repeatedly: in the same place on a terminal, otherwise one below the other.
private struct Screen {
    let isTerminal: Bool

    /// Source: ECMA-48.
    ///
    /// `H` goes to the top left, `K` and `J` clear the rest of line and screen.
    func show(_ text: String) {
        guard isTerminal else { return Output.text(text) }
        var size = winsize()
        let isKnown = unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
        // More lines than the terminal has would scroll the first ones away.
        let most = isKnown && size.ws_row > 1 ? Int(size.ws_row) - 1 : .max
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        Output.text("\u{1B}[H" + lines.prefix(most).map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J")
    }
}
