/// Why a stream of events cannot be read further.
package enum SSEError: Error, Equatable, CustomStringConvertible {
    /// A line or an event is longer than the parser's limit in bytes.
    case tooLarge(limit: Int)

    package var description: String {
        switch self {
        case .tooLarge(let limit):
            "an event of the stream is longer than the \(limit >> 10) KiB that are taken: ask for less at once"
        }
    }
}
