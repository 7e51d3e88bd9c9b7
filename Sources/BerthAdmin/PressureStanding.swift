package import BerthLoop
package import BerthMemory
package import BerthStore

/// The state of the pressure ladder, with the figures that it is based on.
package struct PressureStanding: Sendable {
    /// The kernel's last figures, or nil before the first look.
    package var kernel: KernelMemory?
    /// malloc's last figures, or nil before the first look.
    package var heap: AllocatorFigures?
    /// SQLite's last figures, or nil before the first look.
    package var database: SQLiteMemory?
    /// The used part of the nearest limit, in percent.
    package var percent = 0.0
    /// The highest rung in force, or nil if none is.
    package var rung: PressureRung?
    /// The number of times that each rung was entered.
    package var entered: [PressureRung: Int] = [:]
    /// The memory that entering each rung has freed in all.
    package var regained: [PressureRung: ByteCount] = [:]
    /// The rung that was entered last, or nil if none was.
    package var last: (rung: PressureRung, regained: ByteCount, at: Timestamp)?

    /// Makes the state before the first look.
    package init() {}
}
