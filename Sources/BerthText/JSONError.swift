/// Why bytes are not the expected JSON, in words for their sender.
package struct JSONError: Error, Equatable, CustomStringConvertible {
    /// The fault, such as `a value is missing`.
    package let reason: String
    /// The position of the fault, in bytes from the start.
    package let offset: Int

    package var description: String { "invalid JSON at byte \(offset): \(reason)" }
}
