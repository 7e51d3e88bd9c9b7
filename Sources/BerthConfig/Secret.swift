/// An API key, a token, a password: it prints as `***` wherever it goes, and is never encoded.
package struct Secret: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private let text: String

    /// Wraps `text`.
    package init(_ text: String) { self.text = text }

    /// The secret itself: only for the request or file that needs it, never for a log or an error.
    package func reveal() -> String { text }

    package var description: String { "***" }

    package var debugDescription: String { "***" }

    package var customMirror: Mirror { Mirror(self, children: []) }
}
