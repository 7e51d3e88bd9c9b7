import BerthText

/// A command to the bot itself, the same on every channel.
enum Command: Equatable {
    case help
    case new
    case model(String)
    case usage
    case stop
    case web
    case translate
    case image(PicturePrompt.Problem)
    case files
    case delete(String)
    case lang(LanguageChoice)
    case instructions(String)
    case prompts
    case unknown(String)

    /// Reads a message that begins with `/` and a word.
    ///
    /// The result is nil for all other messages, and for a translation and an order of pictures,
    /// which are turns.
    init?(_ text: String) {
        guard let word = Command.word(of: text) else { return nil }
        // It is read only where it is used, because a message may have much white space.
        var rest: String { Command.rest(of: text, after: word) }
        switch word.lowercased() {
        case "help", "start": self = .help
        case "new": self = .new
        case "model": self = .model(rest.cut(toBytes: Command.longestName))
        case "usage": self = .usage
        case "stop": self = .stop
        case "web": self = .web
        case "files": self = .files
        case "delete": self = .delete(rest.cut(toBytes: Command.longestName))
        case "lang": self = .lang(LanguageChoice(rest))
        case "instructions": self = .instructions(rest)
        case "prompts": self = .prompts
        case "translate":
            guard Translation(text) == nil else { return nil }
            self = .translate
        case "image":
            guard let problem = PicturePrompt.problem(in: text) else { return nil }
            self = .image(problem)
        default: self = .unknown(word.cut(toBytes: 32))
        }
    }

    /// The most bytes of a name after a command, which is longer than all names.
    private static let longestName = 512

    /// The most characters of a command's word.
    ///
    /// A longer one begins a text.
    private static let longestWord = 64

    /// The word after the `/` that a message begins with, and the trimmed rest.
    ///
    /// The result is nil if the message does not begin with a command.
    static func split(_ text: String) -> (word: Substring, rest: String)? {
        guard let word = word(of: text) else { return nil }
        return (word, rest(of: text, after: word))
    }

    private static func rest(of text: String, after word: Substring) -> String {
        String(text[word.endIndex...]).trimmed
    }

    /// The word after the `/` that a message begins with, or nil if it begins with no command.
    ///
    /// The rest of the message is not read.
    static func word(of text: String) -> Substring? {
        guard text.utf8.first == UInt8(ascii: "/") else { return nil }
        let rest = text.unicodeScalars.dropFirst()
        let word = rest.prefix(longestWord + 1).prefix { !$0.isSpace }
        guard !word.isEmpty, word.count <= longestWord,
            word.allSatisfy({ $0.properties.isAlphabetic || $0 == "_" })
        else {
            return nil
        }
        return Substring(word)
    }
}
