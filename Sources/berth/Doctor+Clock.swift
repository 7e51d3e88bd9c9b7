import BerthConfig
import BerthLoop
import BerthStore
import BerthText
import Glibc

extension Doctor {
    /// Compares the machine's clock with the database: its newest row, its file, and the date with
    /// which the service goes on.
    static func clock(_ configuration: Configuration) async -> Finding {
        let file = DataFolder.database(in: configuration.data)
        let machine = SystemClock()
        guard unsafe access(file, F_OK) == 0 else {
            return Finding(check: "clock", ok: true, says: "\(machine.wall)")
        }
        var status = stat()
        let isKnown = unsafe stat(file, &status) == 0
        let written = isKnown ? Timestamp(milliseconds: Int64(status.st_mtim.tv_sec) * 1000) : nil
        do {
            let newest = try await Database.newest(in: file)
            let anchor = newest.clock.flatMap {
                try? JSON.decode(SteadyClock.Anchor.self, from: $0)
            }
            let problems = ClockReport(
                wall: machine.wall,
                row: newest.row,
                file: written,
                date: anchor.map { SteadyClock(machine, after: $0).timestamp }
            ).problems
            return Finding(
                check: "clock",
                ok: problems.isEmpty,
                says: problems.isEmpty ? "\(machine.wall)" : problems.joined(separator: "; ")
            )
        } catch { return Finding(check: "clock", ok: false, says: "\(error)") }
    }
}

/// The machine's clock beside the times of a database.
struct ClockReport {
    /// The machine's date.
    let wall: Timestamp
    /// The time of the newest row.
    let row: Timestamp?
    /// The time at which the file was written last.
    let file: Timestamp?
    /// The date with which the service goes on.
    let date: Timestamp?

    /// A difference that clocks have without a fault.
    static let tolerance = Duration.seconds(300)

    /// One sentence for each contradiction.
    var problems: [String] {
        var problems: [String] = []
        let times = [("the database's newest row", row), ("the database's file", file)]
        for (name, time) in times {
            guard let time, time - wall > ClockReport.tolerance else { continue }
            problems.append(
                "\(name) is from \(time), \(ClockReport.text(time - wall)) ahead of this machine's "
                    + "clock: check the clock"
            )
        }
        if let date, wall - date > ClockReport.tolerance {
            problems.append(
                "this machine's clock is \(ClockReport.text(wall - date)) ahead of Berth's date "
                    + "\(date), which follows by whole days at its next midnight, and else slowly"
            )
        } else if let date, date - wall > ClockReport.tolerance {
            problems.append(
                "Berth's date \(date) is \(ClockReport.text(date - wall)) ahead of this machine's "
                    + "clock and goes on from there: quotas and retries are right, dates are not"
            )
        }
        return problems
    }

    /// The difference to the minute.
    private static func text(_ time: Duration) -> String {
        Units.text(.seconds((time.milliseconds() / 1000 + 30) / 60 * 60))
    }
}
