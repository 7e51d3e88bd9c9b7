/// A class of work, in order of priority.
package enum Lane: String, CaseIterable, Sendable {
    /// Chat. A user is waiting for the first word of the answer.
    case chat
    /// Image generation. It takes seconds to minutes while a user waits.
    case image
    /// Work for which no user is waiting, such as warming, titles and retries of failed work.
    case background
}
