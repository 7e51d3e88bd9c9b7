package import BerthHTTP
import BerthText

/// The outcome of a question.
package enum Verdict: Equatable, Sendable {
    /// A complete answer.
    case answered
    /// An error that states a reason, with a code such as `429 queue_full`.
    case refused(code: String)
    /// Neither an answer nor a reason.
    case lost(Loss)

    /// The kinds of loss.
    package enum Loss: String, CaseIterable, Sendable {
        /// The connection was refused, or it ended before the first byte of an answer.
        case unanswered
        /// The connection ended in the middle of the answer.
        case cut
        /// The answer ended correctly but has no text.
        case empty
        /// The service returned an error without a reason.
        case wordless
        /// The answer had not ended by the end of the grace period.
        case unfinished
    }

    /// Makes the verdict on an answer with an unexpected status.
    package init(status: Int, body: [UInt8]) {
        let error = (try? JSONObject(body))?.object("error")
        self = Verdict(error: error, prefix: "\(status)")
    }

    /// Makes the verdict on an HTTP exchange that failed.
    package init(_ error: HTTPClientError) {
        if case .cancelled = error {
            self = .lost(.unfinished)
        } else {
            self = .lost(error.isBeforeFirstByte ? .unanswered : .cut)
        }
    }

    /// Makes the verdict on an error in OpenAI's format.
    init(error: JSONObject?, prefix: String) {
        guard let message = error?.string("message"), !message.isEmpty else {
            self = .lost(.wordless)
            return
        }
        let code = error?.string("code") ?? error?.string("type")
        self = .refused(code: [prefix, code].compactMap(\.self).joined(separator: " "))
    }
}
