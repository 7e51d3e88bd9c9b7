import BerthLoop
import BerthMemory

/// The state of the pressure ladder.
///
/// Sizes are in bytes.
package struct PressureReport: Codable, Sendable {
    /// The counts of one rung since the start.
    package struct Rung: Codable, Sendable {
        /// The rung's name in logs and metrics.
        package let rung: String
        /// The number of times that it was entered.
        package let entered: Int
        /// The memory that it has freed in all.
        package let regained: Int
    }

    /// The rung that was entered last.
    package struct Last: Codable, Sendable {
        /// The rung's name.
        package let rung: String
        /// The memory that it freed.
        package let regained: Int
        /// The time at which it was entered, in UTC milliseconds since 1970.
        package let atMs: Int64

        private enum CodingKeys: String, CodingKey {
            case rung
            case regained
            case atMs = "at_ms"
        }
    }

    /// The used part of the nearest limit, in percent.
    package let percent: Double
    /// The highest rung in force, or nil if none is.
    package let rung: String?
    /// The effect of the rung in force, or nil if none is.
    package let does: String?
    /// All rungs, mildest first.
    package let rungs: [Rung]
    /// The rung that was entered last, or nil if none was.
    package let last: Last?

    init(_ standing: PressureStanding) {
        percent = (standing.percent * 10).rounded() / 10
        rung = standing.rung?.row.name
        does = standing.rung?.row.does
        rungs = PressureRung.allCases.map { rung in
            Rung(
                rung: rung.row.name,
                entered: standing.entered[rung] ?? 0,
                regained: standing.regained[rung]?.bytes ?? 0
            )
        }
        last = standing.last.map { last in
            Last(
                rung: last.rung.row.name,
                regained: last.regained.bytes,
                atMs: last.at.milliseconds
            )
        }
    }
}
