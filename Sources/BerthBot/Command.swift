/// A command to the bot itself, the same on every channel.
enum Command: Equatable {
    case help
    case new
    case model(String)
    case usage
    case stop
    case web
    case translate
    case unknown(String)

    /// Reads a message that begins with `/` and a word.
    ///
    /// The result is nil for all other messages, and for a translation, which is a turn.
    init?(_ text: String) {
        guard let (word, rest) = Command.split(text) else { return nil }
        switch word.lowercased() {
        case "help", "start": self = .help
        case "new": self = .new
        case "model": self = .model(rest)
        case "usage": self = .usage
        case "stop": self = .stop
        case "web": self = .web
        case "translate":
            guard Translation(text) == nil else { return nil }
            self = .translate
        default: self = .unknown(String(word.prefix(32)))
        }
    }

    /// The word after the `/` that a message begins with, and the trimmed rest.
    ///
    /// The result is nil if the message does not begin with a command.
    static func split(_ text: String) -> (word: Substring, rest: String)? {
        guard text.utf8.first == UInt8(ascii: "/"), text.first == "/" else { return nil }
        let word = text.dropFirst().prefix { !$0.isWhitespace }
        guard !word.isEmpty, word.allSatisfy({ $0.isLetter || $0 == "_" }) else { return nil }
        return (word, String(text.dropFirst(1 + word.count)).trimmed)
    }
}
