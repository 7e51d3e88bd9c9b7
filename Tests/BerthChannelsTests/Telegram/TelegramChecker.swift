import BerthChannels
import BerthText

/// Telegram's rules for messages, written from the Bot API's documentation alone.
///
/// Source: <https://core.telegram.org/bots/api#formatting-options>
enum TelegramChecker {
    /// The first rule that the message breaks, or nil.
    ///
    /// - Parameters:
    ///   - part: a message.
    ///   - limit: the most UTF-16 units.
    ///   - isStored: whether the size of its JSON is checked too, which takes long.
    /// - Returns: the rule.
    /// - Throws: the encoder's error.
    static func fault(
        of part: TelegramPart,
        limit: Int = 4_096,
        isStored: Bool = true
    ) throws -> String? {
        let units = Array(part.text.utf16)
        if units.isEmpty || units.count > limit { return "\(units.count) units" }
        let edges: [UInt16] = [0x20, 0x0A]
        if edges.contains(units[0]) || edges.contains(units[units.count - 1]) {
            return "white edge"
        }
        if units.contains(where: { $0 < 0x20 && $0 != 0x0A }) { return "a control character" }
        if part.entities.count > 100 { return "\(part.entities.count) entities" }
        if isStored, try JSON.encode(part).count > 16_000 { return "too many bytes" }
        for (index, entity) in part.entities.enumerated() {
            if let fault = fault(of: entity, in: units) { return "\(entity): \(fault)" }
            if index > 0, !isSorted(part.entities[index - 1], entity) { return "\(entity): order" }
        }
        return nesting(part.entities)
    }

    private static func isSorted(_ one: TelegramEntity, _ other: TelegramEntity) -> Bool {
        one.offset < other.offset || (one.offset == other.offset && one.length >= other.length)
    }

    private static func fault(of entity: TelegramEntity, in units: [UInt16]) -> String? {
        let end = entity.offset + entity.length
        if entity.length <= 0 || entity.offset < 0 || end > units.count { return "range" }
        if (0xDC00...0xDFFF).contains(units[entity.offset]) { return "begins in a pair" }
        if end < units.count, (0xDC00...0xDFFF).contains(units[end]) { return "ends in a pair" }
        let isBlock = [.pre, .blockquote, .foldedQuote].contains(entity.kind)
        let first = units[entity.offset]
        if first == 0x0A || (!isBlock && first == 0x20) { return "white start" }
        if [0x20, 0x0A].contains(units[end - 1]) { return "white end" }
        if (entity.kind == .link) != (entity.url != nil) { return "address" }
        let schemes = ["http://", "https://", "mailto:", "tg://"]
        if let url = entity.url, !schemes.contains(where: url.hasPrefix) { return "scheme" }
        if entity.language != nil, entity.kind != .pre { return "language" }
        return entity.language == "" ? "empty language" : nil
    }

    /// Each entity is compared with all that are open where it begins.
    private static func nesting(_ entities: [TelegramEntity]) -> String? {
        var open: [TelegramEntity] = []
        for entity in entities {
            open.removeAll { $0.offset + $0.length <= entity.offset }
            for outer in open {
                if outer.offset + outer.length < entity.offset + entity.length {
                    return "\(entity) overlaps \(outer)"
                }
                if outer.kind == entity.kind { return "\(entity) in its like" }
                let isQuote = [.blockquote, .foldedQuote].contains(outer.kind)
                if [.pre, .code].contains(outer.kind) { return "\(entity) in code" }
                if [.pre, .code].contains(entity.kind), !isQuote { return "\(entity) in \(outer)" }
                if [.blockquote, .foldedQuote].contains(entity.kind) { return "\(entity) inside" }
            }
            open.append(entity)
        }
        return nil
    }
}

extension TelegramPart {
    /// The text with its entities as tags.
    var tagged: String {
        let units = Array(text.utf16)
        var out: [UInt16] = []
        for place in 0...units.count {
            for entity in entities.reversed() where entity.offset + entity.length == place {
                out += "</\(entity.tag.split(separator: " ")[0])>".utf16
            }
            for entity in entities where entity.offset == place { out += "<\(entity.tag)>".utf16 }
            if place < units.count { out.append(units[place]) }
        }
        return String(decoding: out, as: UTF16.self)
    }
}

extension TelegramEntity {
    fileprivate var tag: String {
        switch kind {
        case .bold: "b"
        case .italic: "i"
        case .struck: "s"
        case .code: "c"
        case .pre: language.map { "pre \($0)" } ?? "pre"
        case .link: "a \(url ?? "")"
        case .blockquote: "q"
        case .foldedQuote: "fold"
        }
    }
}
