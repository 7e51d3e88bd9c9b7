package import BerthLoop
package import BerthMemory
package import BerthStore

/// How the pressure ladder stands, for the report.
package struct PressureStanding: Sendable {
    /// The kernel's figures, as read last; nil before the first look.
    package var kernel: KernelMemory?
    /// What malloc holds, as read last.
    package var heap: AllocatorFigures?
    /// What SQLite holds, as read last.
    package var database: SQLiteMemory?
    /// What the ladder goes by, in percent of the limit that is nearest.
    package var percent = 0.0
    /// The highest rung in force; nil: the ground.
    package var rung: PressureRung?
    /// How often each rung was entered.
    package var entered: [PressureRung: Int] = [:]
    /// What entering each rung has regained, in all.
    package var regained: [PressureRung: ByteCount] = [:]
    /// The rung that was entered last.
    package var last: (rung: PressureRung, regained: ByteCount, at: Timestamp)?

    /// Starts on the ground.
    package init() {}
}
