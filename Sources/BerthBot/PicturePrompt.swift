import BerthProviders
import BerthText

/// An order of pictures, as the command `/image [--n 2] [--size 1024x1536] prompt` gives it.
///
/// A stored turn's order is read from its text again, so it is the same after a restart.
package struct PicturePrompt: Equatable, Sendable {
    /// The prompt, trimmed.
    let prompt: String
    /// The number of pictures.
    let count: Int
    /// The size, or nil for the model's own.
    let size: PictureSize?

    /// The reason for which the command is no order.
    package enum Problem: Error, Equatable {
        /// It has no prompt.
        case noPrompt
        /// `--n` has no number from 1 to ``PictureRequest/most``.
        case count(String)
        /// `--size` has no size.
        case size(String)
        /// There is no option of that name.
        case option(String)
    }

    /// The order that a request was made from.
    init(_ request: PictureRequest) {
        (prompt, count, size) = (request.prompt, request.count, request.size)
    }

    /// Reads a message, or returns nil if it is not `/image` with a prompt and valid options.
    init?(_ message: String) {
        guard let rest = PicturePrompt.rest(message), let order = try? PicturePrompt(rest: rest)
        else { return nil }
        self = order
    }

    /// The reason for which a message with the word `/image` is no order, or nil if it is one.
    static func problem(in message: String) -> Problem? {
        guard let rest = rest(message) else { return nil }
        do throws(Problem) {
            _ = try PicturePrompt(rest: rest)
            return nil
        } catch { return error }
    }

    private static func rest(_ message: String) -> String? {
        guard Command.word(of: message)?.lowercased() == "image" else { return nil }
        return Command.split(message)?.rest
    }

    /// Reads the rest of the command: options, and after them the prompt.
    private init(rest: String) throws(Problem) {
        var (rest, count, size) = (rest, 1, PictureSize?.none)
        while let option = PicturePrompt.option(rest) {
            var (name, value, after) = option
            if value.isEmpty { (value, after) = PicturePrompt.word(after) }
            switch name {
            case "n":
                guard value.utf8.count <= 2, let number = Int(value),
                    (1...PictureRequest.most).contains(number)
                else { throw .count(value) }
                count = number
            case "size":
                guard let read = PictureSize(value.lowercased()) else { throw .size(value) }
                size = read
            default: throw .option(name)
            }
            rest = after
        }
        if rest.isEmpty { throw .noPrompt }
        (prompt, self.count, self.size) = (rest, count, size)
    }

    /// The option that a text begins with: its name, its value after `=`, and the trimmed rest.
    private static func option(_ text: String) -> (name: String, value: String, rest: String)? {
        // Telephones make a dash of two hyphens.
        let scalars = text.unicodeScalars
        let marks = ["--", "\u{2014}", "\u{2013}"].map(\.unicodeScalars)
        guard let mark = marks.first(where: { scalars.starts(with: $0) }) else { return nil }
        let (word, rest) = word(String(scalars.dropFirst(mark.count)))
        guard word.unicodeScalars.first?.properties.isAlphabetic == true else { return nil }
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (parts[0].lowercased(), parts.count > 1 ? String(parts[1]) : "", rest)
    }

    /// The first word of a text, at most 32 bytes of it, and the trimmed rest.
    private static func word(_ text: String) -> (word: String, rest: String) {
        let (word, rest) = text.firstWord
        return (word.cut(toBytes: 32), rest)
    }

    /// The order for providers.
    var request: PictureRequest {
        var request = PictureRequest(prompt: prompt, count: count)
        request.size = size
        return request
    }

    /// The answer's text: one picture of Markdown a line.
    ///
    /// The prompt is the alternative text, without marks that would end it.
    func answer(_ links: [String]) -> String {
        var words = ""
        for scalar in prompt.unicodeScalars {
            switch scalar {
            case "[", "]", "\\", "`", "<", ">", "*", "_": continue
            default: words.unicodeScalars.append(scalar.isSpace ? " " : scalar)
            }
        }
        return links.map { "![\(words)](\($0))" }.joined(separator: "\n\n")
    }
}
