import BerthConfig
import BerthLoop
import BerthMemory
import Glibc

/// The process's environment.
enum Environment {
    /// A variable's value, or nil if it is not set.
    static func value(_ name: String) -> String? {
        guard let text = unsafe getenv(name) else { return nil }
        return unsafe String(cString: text)
    }
}
