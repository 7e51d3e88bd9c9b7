package import BerthLoop
package import BerthMemory

/// Kernel figures that a test sets.
@Loop package final class KernelFigures {
    /// The figures.
    package var memory = KernelMemory(
        process: ProcessMemory(resident: .mebibytes(20), anonymous: .mebibytes(4), threads: 2),
        cgroup: nil,
        pressure: nil,
        absent: []
    )

    nonisolated init() {}

    /// Sets the resident size of the process.
    package func hold(_ resident: ByteCount) {
        memory = KernelMemory(
            process: ProcessMemory(resident: resident, anonymous: .mebibytes(4), threads: 2),
            cgroup: memory.cgroup,
            pressure: memory.pressure,
            absent: []
        )
    }
}
