import BerthText

/// The text of an incoming message, with what it says about the bot.
struct TelegramWords {
    /// A command in a text.
    struct Command: Equatable {
        /// The name, in small letters.
        let name: String
        /// The user name of the bot that it names, or nil if it names none.
        let bot: String?
        /// The trimmed text after it.
        let arguments: String
    }

    /// The text without mentions of the bot at its beginning and end, trimmed.
    let text: String
    /// Whether the text names the bot.
    let namesBot: Bool
    /// The command that the text begins with.
    let command: Command?

    /// Reads a text or a caption.
    init(_ object: JSONObject, to me: TelegramMe) {
        let isText = object.has("text")
        let whole = (object.string(isText ? "text" : "caption") ?? "")
            .cut(toBytes: TelegramMessage.mostText)
        let marks = TelegramMark.all(isText ? "entities" : "caption_entities", of: object)
        let units = Array(whole.utf16)
        let known = marks.filter { $0.range.upperBound <= units.count }
        let mentions = known.filter { mark in
            mark.kind == "text_mention" && mark.user == me.id
                || mark.kind == "mention" && Self.isName("@" + me.username, units[mark.range])
        }
        namesBot = !mentions.isEmpty
        var rest = Self.trimmed(0..<units.count, of: units)
        while let mention = mentions.first(where: { $0.range.lowerBound == rest.lowerBound }) {
            let after = mention.range.upperBound..<max(mention.range.upperBound, rest.upperBound)
            rest = Self.trimmed(after, of: units, without: Self.separators)
        }
        while let mention = mentions.first(where: { $0.range.upperBound == rest.upperBound }) {
            guard mention.range.lowerBound >= rest.lowerBound else { break }
            rest = Self.trimmed(rest.lowerBound..<mention.range.lowerBound, of: units)
        }
        text = String(decoding: units[rest], as: UTF16.self)
        let mark = known.first {
            $0.kind == "bot_command" && $0.range.lowerBound == rest.lowerBound
                && $0.range.upperBound <= rest.upperBound
        }
        command = mark.flatMap { Self.command(units, $0.range, rest) }
    }

    /// The signs between a mention and the text after it.
    private static let separators: Set<UInt16> = [0x2C, 0x3A, 0xFF0C, 0xFF1A]

    /// The most units of a command with the name of its bot.
    private static let longestCommand = 128

    private static func command(
        _ units: [UInt16],
        _ mark: Range<Int>,
        _ rest: Range<Int>
    ) -> Command? {
        guard mark.count <= longestCommand else { return nil }
        let word = String(decoding: units[mark], as: UTF16.self)
        guard word.utf8.first == UInt8(ascii: "/") else { return nil }
        let parts = word.dropFirst().split(separator: "@", maxSplits: 1)
        guard let name = parts.first, name.utf8.count <= 64, !word.hasPrefix("/@") else {
            return nil
        }
        let after = trimmed(mark.upperBound..<rest.upperBound, of: units)
        return Command(
            name: name.lowercased(),
            bot: parts.count > 1 ? String(parts[1]) : nil,
            arguments: String(decoding: units[after], as: UTF16.self)
        )
    }

    /// Whether `units` are `name`, which has letters of ASCII only, in small or capital letters.
    static func isName(_ name: String, _ units: ArraySlice<UInt16>) -> Bool {
        func small(_ unit: UInt16) -> UInt16 { 0x41...0x5A ~= unit ? unit + 0x20 : unit }
        return units.lazy.map(small).elementsEqual(name.utf16.lazy.map(small))
    }

    /// The range without white space and the units of `others` around it.
    private static func trimmed(
        _ range: Range<Int>,
        of units: [UInt16],
        without others: Set<UInt16> = []
    ) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, isSpace(units[start]) || others.contains(units[start]) { start += 1 }
        while end > start, isSpace(units[end - 1]) { end -= 1 }
        return start..<end
    }

    private static func isSpace(_ unit: UInt16) -> Bool {
        Unicode.Scalar(unit)?.isSpace ?? false
    }
}
