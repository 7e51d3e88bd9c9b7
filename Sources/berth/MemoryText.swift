import BerthAdmin
import BerthLoop
import BerthMemory

/// Prints the memory reports as text.
enum MemoryText {
    /// A summary, the table of accounts with their sum, then limits, pressure and leaks.
    static func report(_ report: MemoryReport) -> String {
        var table = MemoryTable()
        for tenant in report.tenants where tenant.peak > 0 || tenant.refused > 0 {
            let own = report.lines.filter { $0.tenant == tenant.tenant }.map(\.bytes)
            table.add(tenant, bytes: own.reduce(0, +), share: report.share)
        }
        for line in report.lines where line.tenant == nil {
            let shared = report.shared.first { $0.account == line.account }
            if line.bytes != 0 || shared != nil { table.add(line, shared) }
        }
        table.add("unexplained", report.unexplained)
        return summary(report) + "\n" + table.text(total: report.rss) + "\n"
            + surroundings(report) + leaks(report.tenants)
    }

    /// One line that needs no knowledge of the rest.
    private static func summary(_ report: MemoryReport) -> String {
        var troubles =
            report.pressure.rung.map { _ in
                ["Memory is short, so \(report.pressure.does ?? "some work waits")."]
            } ?? []
        if report.waiting > 0 {
            let requests =
                report.waiting == 1 ? "1 request waits" : "\(report.waiting) requests wait"
            troubles.append("\(requests) for memory.")
        }
        if report.tenants.contains(where: { !$0.leaks.isEmpty }) {
            troubles.append("Memory is held while no work is under way: see the last lines.")
        }
        let verdict = troubles.isEmpty ? "All is well." : troubles.joined(separator: " ")
        return "Berth uses \(size(report.rss)) of \(size(report.limit)). \(verdict)\n"
    }

    /// One tenant's account.
    static func tenant(_ report: TenantMemoryReport) -> String {
        let account = report.account
        let lines = report.lines.map { ($0.account, kibibytes($0.bytes)) }
        let quantiles =
            zip(["half", "95 %"], [report.p50, report.p95]).compactMap { part, bytes in
                bytes.map { "\(size($0)) in \(part)" }
            }
        return (lines.isEmpty ? "" : columns(["purpose", "KiB"], lines.map { [$0, $1] }) + "\n")
            + "\(account.tenant) holds \(size(account.held)) of \(size(account.quota)); "
            + "peak \(size(account.peak)), share \(size(report.share)), "
            + "borrowed \(size(account.borrowed))\n"
            + "On disk: \(disk(account))\n"
            + "Under way: \(account.work); refused \(times(account.refused)), "
            + "waited \(times(account.waits))\n"
            + (quantiles.isEmpty
                ? ""
                : "While at work, held at most: \(quantiles.joined(separator: ", ")) of all "
                    + "seconds\n")
            + leaks([account])
    }

    /// A forecast: one line for each figure, with its source.
    static func forecast(_ forecast: CapacityForecast) -> String {
        var rows = [
            ("peak memory", forecast.peak.bytes.map(size), forecast.peak.assumption),
            ("disk a day", forecast.disk.bytes.map(size), forecast.disk.assumption),
        ]
        for wait in forecast.waits {
            let value = wait.served == false ? "never served" : wait.seconds.map { "\($0) s" }
            rows.append(("wait for \(wait.provider)", value, wait.assumption))
        }
        let verdict =
            switch forecast.holds {
            case true?: "The limit holds.\n"
            case false?: "The limit does not hold: raise memory.limit.\n"
            case nil: ""
            }
        let title = "For \(forecast.users) user\(forecast.users == 1 ? "" : "s"):\n\n"
        return title
            + Help.table(
                rows.map { what, value, assumption in
                    (left: what, right: (value.map { "\($0): " } ?? "") + assumption)
                }
            ) + (verdict.isEmpty ? "" : "\n" + verdict)
    }

    /// The new limit and the room that it leaves.
    static func limit(_ report: MemoryReport) -> String {
        let room =
            report.free > 0
            ? "\(size(report.free)) can be leased."
            : "that is \(size(-report.free)) less than is held. Nothing new is leased until that "
                + "much is given back or the limit is raised."
        return "The limit is \(size(report.limit)) until the next start; \(room)\n"
    }

    // MARK: Below the table

    private static func surroundings(_ report: MemoryReport) -> String {
        let free = "\(size(report.free)) free to lease, \(size(report.reserve)) held back"
        var lines = [
            ("limit", "\(size(report.limit)), \(report.pressure.percent) % taken; \(free)"),
            (
                "ledger",
                "\(size(report.leased)) leased beside \(size(report.base)); share "
                    + "\(size(report.share)) a tenant; \(report.waiting) waiting"
            ),
            (
                "drift",
                "\(size(report.drift.up)) up, \(size(report.drift.down)) down in "
                    + "\(report.drift.measurements) measurements"
            ),
        ]
        let files = report.tenants.filter { $0.files > 0 }.map { "\($0.tenant) \(disk($0))" }
        if !files.isEmpty { lines.append(("files", files.joined(separator: ", "))) }
        lines += kernel(report.kernel) + pressure(report.pressure)
        lines += report.absent.map { ("absent", $0) }
        return Help.table(lines.map { (left: $0.0, right: $0.1) })
    }

    /// The files of a tenant, such as `3 files, 2 MiB`.
    private static func disk(_ tenant: MemoryReport.Tenant) -> String {
        "\(tenant.files) file\(tenant.files == 1 ? "" : "s"), \(size(tenant.disk))"
    }

    private static func kernel(_ kernel: KernelReport) -> [(String, String)] {
        var lines: [(String, String)] = []
        if let cgroup = kernel.cgroup {
            let limits = [("high", cgroup.high), ("max", cgroup.max)]
                .map { name, bytes in "\(name) \(bytes.map(size) ?? "none")" }
            let events = [
                ("throttled", cgroup.throttled), ("at max", cgroup.reached),
                ("killed", cgroup.killed),
            ].compactMap { name, count in count.map { "\(name) \(times($0))" } }
            lines.append(
                (
                    "cgroup",
                    (["\(cgroup.version), \(size(cgroup.current)) now"] + limits + events)
                        .joined(separator: ", ")
                )
            )
        }
        if let stall = kernel.stall {
            let full = stall.full.map { ", all of it \($0) %" } ?? ""
            lines.append(
                (
                    "PSI",
                    "\(stall.scope): work waited for memory \(stall.some) % of ten seconds\(full)"
                )
            )
        }
        if let threads = kernel.threads {
            let swapped = kernel.swapped.map { $0 > 0 ? "; \(size($0)) in swap" : "" } ?? ""
            lines.append(("threads", "\(threads)\(swapped)"))
        }
        return lines
    }

    private static func pressure(_ pressure: PressureReport) -> [(String, String)] {
        let rung = pressure.rung.map { "\($0): \(pressure.does ?? "")" } ?? "none in force"
        let last = pressure.last.map {
            "; last \($0.rung), which regained \(size($0.regained)), at "
                + "\(Timestamp(milliseconds: $0.atMs))"
        }
        return [("rung", rung + (last ?? ""))]
    }

    private static func leaks(_ tenants: [MemoryReport.Tenant]) -> String {
        tenants.flatMap { tenant in
            tenant.leaks.map { leak in
                "held while no work is under way: \(leak.purpose) of \(tenant.tenant), "
                    + "\(size(leak.bytes))\n"
            }
        }.joined()
    }

    // MARK: Words

    static func size(_ bytes: Int) -> String { "\(ByteCount(bytes))" }

    /// A size in whole KiB, in groups of three digits.
    static func kibibytes(_ bytes: Int) -> String { grouped((bytes + 512) >> 10) }

    static func grouped(_ number: Int) -> String {
        var digits = Array("\(number.magnitude)".reversed())
        for place in stride(from: (digits.count - 1) / 3 * 3, to: 0, by: -3) {
            digits.insert(",", at: place)
        }
        return (number < 0 ? "-" : "") + String(digits.reversed())
    }

    private static func times(_ count: Int) -> String {
        count == 1 ? "once" : "\(count) times"
    }

    /// A table with the first column aligned to the left and the others to the right.
    static func columns(_ headings: [String], _ rows: [[String]]) -> String {
        let widths = headings.indices.map { column in
            ([headings] + rows).map { $0[column].count }.max() ?? 0
        }
        return ([headings] + rows).map { row in
            let rest = zip(row, widths).dropFirst().map { cell, width in
                "  " + String(repeating: " ", count: width - cell.count) + cell
            }
            var line = row[0].padding(to: widths[0]) + rest.joined()
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}

/// A table whose printed sizes add up.
private struct MemoryTable {
    private var rows: [[String]] = []
    private var sum = 0

    private static let headings = [
        "account", "KiB", "peak", "share", "borrowed", "refused", "waited",
    ]

    /// A size in whole KiB.
    ///
    /// The running sum is rounded, not the size, so the printed sizes add up.
    private mutating func rounded(_ bytes: Int) -> String {
        let before = (sum + 512) >> 10
        sum += bytes
        return MemoryText.grouped(((sum + 512) >> 10) - before)
    }

    mutating func add(_ account: String, _ bytes: Int) {
        rows.append([account, rounded(bytes), "", "", "", "", ""])
    }

    mutating func add(_ tenant: MemoryReport.Tenant, bytes: Int, share: Int) {
        rows.append([
            tenant.tenant, rounded(bytes), MemoryText.kibibytes(tenant.peak),
            MemoryText.kibibytes(share), MemoryText.kibibytes(tenant.borrowed), "\(tenant.refused)",
            "\(tenant.waits)",
        ])
    }

    mutating func add(_ line: MemoryReport.Line, _ shared: MemoryReport.Shared?) {
        guard let shared else { return add(line.account, line.bytes) }
        rows.append([
            line.account, rounded(line.bytes), MemoryText.kibibytes(shared.peak), "", "",
            "\(shared.refused)", "",
        ])
    }

    func text(total: Int) -> String {
        let sum = ["resident (RSS)", MemoryText.kibibytes(total), "", "", "", "", ""]
        return MemoryText.columns(MemoryTable.headings, rows + [sum])
    }
}
