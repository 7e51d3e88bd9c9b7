import BerthLoop
import BerthMemory
import BerthWork

/// A value in a phrase, which each language writes by its own rules.
enum PhraseValue: Sendable {
    /// A name or another text that is the same in every language.
    case text(String)
    case count(Int)
    case size(ByteCount)
    /// Millionths of a dollar.
    case dollars(Int64)
    case date(Timestamp)
    /// A time from now, of at least one second.
    case wait(Duration)
    case error(BotError)
    /// A part of an error's words.
    case words(ErrorWords)
}

/// An error's words in a language other than English: their name and the values in them.
struct ErrorWords: Sendable {
    let key: ErrorKey
    let values: [String: PhraseValue]

    init(_ key: ErrorKey, _ values: [String: PhraseValue] = [:]) {
        (self.key, self.values) = (key, values)
    }
}
