import BerthAdmin
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthText

/// Runs `berth quota …`.
@Loop struct QuotaVerb {
    let admin: AdminClient
    let json: Bool

    func run(_ action: QuotaAction) async throws {
        switch action {
        case .show(let name):
            if let name { try await show([name]) } else { try await show(all(), isList: true) }
        case .set(let name, let changes):
            var body: [String: String?] = [:]
            for change in changes {
                body.updateValue(change.value.map(change.key.text), forKey: change.key.rawValue)
            }
            output([try await admin.ask("PATCH", path(name), body)])
        }
    }

    private func path(_ name: String) -> String { "/admin/quotas/\(name.pathSegment)" }

    private func all() async throws -> [String] {
        try JSON.decode(TenantList.self, from: await admin.ask("GET", "/admin/tenants"))
            .tenants.map(\.tenant)
    }

    private func show(_ names: [String], isList: Bool = false) async throws {
        var reports: [[UInt8]] = []
        for name in names { reports.append(try await admin.ask("GET", path(name))) }
        output(reports, isList: isList)
    }

    /// Prints one report as a JSON object, several as `{"quotas":[…]}`; or one as a table of its
    /// quotas, several as a table of the tenants.
    private func output(_ reports: [[UInt8]], isList: Bool = false) {
        guard !json else {
            guard isList else { return Output.json(reports.first ?? []) }
            let list = reports.joined(separator: [UInt8(ascii: ",")])
            return Output.json(Array(#"{"quotas":["#.utf8) + list + Array("]}".utf8))
        }
        let decoded = reports.compactMap { try? JSON.decode(QuotaReport.self, from: $0) }
        guard !isList else {
            return Output.table(QuotaVerb.headings, decoded.map { QuotaVerb.row($0) })
        }
        let rows = decoded.flatMap { report in
            QuotaKey.allCases.map { key in
                [
                    report.tenant, key.rawValue,
                    QuotaVerb.shown(key, report.quotas[key.rawValue]),
                    report.own.contains(key.rawValue) ? "own" : "default",
                    QuotaVerb.shown(key, report.used[key.rawValue]),
                ]
            }
        }
        Output.table(["tenant", "quota", "limit", "from", "used"], rows)
    }

    /// The headings of the table of all tenants.
    private static let headings = [
        "tenant", "requests", "tokens", "images", "dollars", "memory", "disk", "files",
    ]

    /// One tenant in the table of all tenants: the used part and the limit of each quota.
    private static func row(_ report: QuotaReport) -> [String] {
        [report.tenant]
            + QuotaKey.allCases.map { key in
                let used = shown(key, report.used[key.rawValue])
                return "\(used)/\(shown(key, report.quotas[key.rawValue]))"
            }
    }

    /// An amount of a quota for people, from the form in JSON.
    static nonisolated func shown(_ key: QuotaKey, _ text: String?) -> String {
        guard [.memory, .disk].contains(key), let bytes = text.flatMap({ ByteCount($0) }) else {
            return text ?? ""
        }
        return "\(bytes)"
    }
}
