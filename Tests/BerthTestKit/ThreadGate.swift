package import BerthLoop
import Glibc

/// A gate that blocks a worker's thread inside an operation until it is opened.
///
/// Meanwhile a test can check the other parts.
package final class ThreadGate: Sendable {
    /// The event of the thread's arrival at the gate.
    package let reached = Wakeup()
    /// A pipe whose end of file opens the gate.
    private let ends: (reading: Int32, writing: Int32)

    /// Makes a closed gate.
    package init() {
        var pair: [Int32] = [-1, -1]
        unsafe pipe(&pair)
        ends = (pair[0], pair[1])
    }

    deinit { close(ends.reading) }

    /// Opens the gate.
    ///
    /// It may be called only once.
    package func open() { close(ends.writing) }

    /// Waits at the gate, on the worker's thread, which may block.
    package func pass() {
        EventLoop.shared.post { self.reached.signal() }
        var byte: UInt8 = 0
        _ = unsafe read(ends.reading, &byte, 1)
    }
}
