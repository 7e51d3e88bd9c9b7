/// An API key, a token or a password.
///
/// It prints as `***` and cannot be encoded.
package struct Secret: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private let text: String

    /// Wraps `text`.
    package init(_ text: String) { self.text = text }

    /// The secret itself, for the request or file that needs it.
    ///
    /// Never for a log or an error.
    package func reveal() -> String { text }

    package var description: String { "***" }

    package var debugDescription: String { "***" }

    package var customMirror: Mirror { Mirror(self, children: []) }
}
