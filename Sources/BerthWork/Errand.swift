import BerthLoop
package import BerthStore

/// A text that a call buys beside an answer, and that is kept until its owner has used it.
package struct Errand: Sendable {
    /// The text's name.
    package let text: SideText
    /// Whether a call that is cancelled is left open to the next start, because the service stops.
    let isLeft: @Loop @Sendable () -> Bool

    /// Names a text.
    ///
    /// - Parameters:
    ///   - text: its name.
    ///   - isLeft: whether the service stops, asked when the call is cancelled.
    package init(_ text: SideText, isLeft: @escaping @Loop @Sendable () -> Bool) {
        (self.text, self.isLeft) = (text, isLeft)
    }
}
