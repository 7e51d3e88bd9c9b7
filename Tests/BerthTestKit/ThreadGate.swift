package import BerthLoop
import Glibc

/// Holds a worker's thread inside an operation until it is opened, so that a test sees what others
/// do meanwhile.
package final class ThreadGate: Sendable {
    /// Rings when the thread stands before the gate.
    package let reached = Wakeup()
    /// A pipe whose end of file is the gate's opening.
    private let ends: (reading: Int32, writing: Int32)

    /// Makes a gate that is closed.
    package init() {
        var pair: [Int32] = [-1, -1]
        unsafe pipe(&pair)
        ends = (pair[0], pair[1])
    }

    deinit { close(ends.reading) }

    /// Called once.
    package func open() { close(ends.writing) }

    /// Called on the worker's thread, which may block.
    package func pass() {
        EventLoop.shared.post { self.reached.signal() }
        var byte: UInt8 = 0
        _ = unsafe read(ends.reading, &byte, 1)
    }
}
