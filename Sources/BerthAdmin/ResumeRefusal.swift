import BerthText

/// The reason for which nothing is resumed, worded for the operator.
enum ResumeRefusal: Error, CustomStringConvertible {
    /// No provider and no model has that name.
    case unknown(String, known: [String])
    /// No calls of it are held back.
    case notHeld(String)

    /// The HTTP status.
    var status: Int {
        switch self {
        case .unknown: 404
        case .notHeld: 409
        }
    }

    var description: String {
        switch self {
        case .unknown(let name, let known):
            "there is no provider or model '\(name.shortened(toBytes: 100))'; "
                + (known.isEmpty
                    ? "no providers are configured"
                    : "the providers are " + known.joined(separator: ", "))
        case .notHeld(let name): "no calls of '\(name)' are held back: see 'berth queue'"
        }
    }
}
