import BerthText

/// Divides text with looks into messages.
///
/// A message ends at the border of a block if one fits, else at the end of a line, else of a word,
/// else between two scalars. A quote or a code block that is divided goes on in the next message
/// with its language. Only white space at the ends of messages is dropped, and messages that would
/// show nothing. If a message would begin within code with spaces, which Telegram removes, the line
/// ``continuation`` comes first.
struct TelegramParts: Sendable {
    /// The most bytes of a message as JSON.
    ///
    /// The rest of a part of the outbox is for buttons.
    static let mostBytes = 15_360
    /// The line that stands before indented code.
    static let continuation = "…\n"

    private let limits: TelegramLimits
    private var units: [UInt16] = []
    private var spans: [TelegramSpan] = []
    /// The places at which blocks begin.
    private var borders: [Int] = []
    private var finished: [TelegramPart] = []
    private var isFirst = true

    init(limits: TelegramLimits) { self.limits = limits }

    /// The messages that were completed since the last call.
    ///
    /// They do not change any more.
    mutating func take() -> [TelegramPart] {
        defer { finished = [] }
        return finished
    }

    // MARK: Adding

    /// Adds text, with the characters that Telegram would remove or replace as it would.
    ///
    /// Line separators become newlines, tabs and other controls become spaces, and marks that
    /// change the direction of writing are removed.
    mutating func append(_ text: String, _ look: TelegramLook) {
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A, 0x2028, 0x2029: units.append(0x0A)
            case 0x0D, 0x202A...0x202E: break
            case 0x09: units += [UInt16](repeating: 0x20, count: look.pre == 0 ? 1 : 4)
            case 0..<0x20, 0x7F: units.append(0x20)
            default: units += UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter
            }
        }
        guard units.count > spans.last?.end ?? 0 else { return }
        if spans.last?.look == look {
            spans[spans.count - 1].end = units.count
        } else {
            spans.append(TelegramSpan(end: units.count, look: look))
        }
    }

    /// Marks the place as the beginning of a block.
    mutating func addBorder() { borders.append(units.count) }

    /// Completes the messages that more text cannot change.
    mutating func settle() {
        // The line before indented code may be added, and needs room.
        while units.count > limit + Self.continuation.utf16.count {
            trimStart()
            if units.count > limit { cut() }
        }
    }

    /// Completes all messages.
    mutating func finish() {
        settle()
        trimStart()
        while !units.isEmpty {
            cut()
            trimStart()
        }
    }

    private var limit: Int { isFirst ? limits.first : limits.rest }

    // MARK: Cutting

    private func isSpace(_ unit: UInt16) -> Bool { unit == 0x20 || unit == 0x0A }

    /// Removes white space at the start.
    ///
    /// Indented code is kept as it is, after another line.
    private mutating func trimStart() {
        guard let first = units.first, isSpace(first) else { return }
        guard let visible = units.firstIndex(where: { !isSpace($0) }) else {
            return drop(units.count)
        }
        let line = units[..<visible].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        guard line < visible, look(at: line).pre != 0 else { return drop(visible) }
        drop(line)
        let mark = Array(Self.continuation.utf16)
        units.insert(contentsOf: mark, at: 0)
        for index in spans.indices { spans[index].end += mark.count }
        for index in borders.indices { borders[index] += mark.count }
        spans.insert(TelegramSpan(end: mark.count, look: TelegramLook()), at: 0)
    }

    private func look(at place: Int) -> TelegramLook {
        spans.first { $0.end > place }?.look ?? TelegramLook()
    }

    private mutating func drop(_ count: Int) {
        units.removeFirst(count)
        spans.removeFirst(spans.firstIndex { $0.end > count } ?? spans.count)
        for index in spans.indices { spans[index].end -= count }
        borders.removeFirst(borders.firstIndex { $0 > count } ?? borders.count)
        for index in borders.indices { borders[index] -= count }
    }

    /// Completes one message from the start of the text, which is visible.
    private mutating func cut() {
        var most = limit
        var end = self.end(within: most)
        var part = self.part(to: end)
        while most > 8, part == nil {
            most /= 2
            end = self.end(within: most)
            part = self.part(to: end)
        }
        if let part = part ?? self.part(to: end, isLast: true), Self.isVisible(part.text) {
            finished.append(part)
            isFirst = false
        }
        drop(end)
    }

    /// The message that ends at `end`.
    ///
    /// - Returns: nil if it has too many bytes. The last attempt leaves out entities instead.
    private func part(to end: Int, isLast: Bool = false) -> TelegramPart? {
        let last = units[..<end].lastIndex { !isSpace($0) } ?? 0
        let inner = units[...last]
        let text = String(decoding: inner, as: UTF16.self)
        let size = text.utf8.reduce(40) { $0 + ($1 == 0x22 || $1 == 0x5C || $1 == 0x0A ? 2 : 1) }
        let room = max(0, Self.mostBytes - size)
        let entities = TelegramEntities.make(inner, spans, mostBytes: isLast ? room : .max)
        guard isLast || entities.reduce(0, { $0 + $1.jsonSize }) <= room else { return nil }
        return TelegramPart(text: text, entities: entities)
    }

    /// The place at which a message of at most `most` units ends best.
    private func end(within most: Int) -> Int {
        guard units.count > most else { return units.count }
        if let border = borders.last(where: { $0 <= most }), border >= most / 4 { return border }
        let half = most / 2
        if let line = units[half..<most].lastIndex(of: 0x0A) { return line + 1 }
        if units[most] == 0x0A || units[most] == 0x20 { return most }
        let window = units[half..<most]
        if let space = window.lastIndex(of: 0x20) { return space + 1 }
        if let stop = window.lastIndex(where: Self.isStop) { return stop + 1 }
        return wholeEnd(before: most)
    }

    /// Punctuation of writing systems without spaces.
    private static func isStop(_ unit: UInt16) -> Bool {
        [0x3001, 0x3002, 0xFF01, 0xFF0C, 0xFF1A, 0xFF1B, 0xFF1F].contains(unit)
    }

    /// The last place up to `most` that divides no scalar and, if it can be, no character.
    private func wholeEnd(before most: Int) -> Int {
        let scalarEnd = UTF16.isTrailSurrogate(units[most]) ? most - 1 : most
        var (place, best) = (scalarEnd - most / 4, scalarEnd)
        let window = String(
            decoding: units[place..<min(units.count, scalarEnd + 2)],
            as: UTF16.self
        )
        for character in window {
            place += character.utf16.count
            guard place <= scalarEnd else { break }
            best = place
        }
        return best
    }

    /// Whether Telegram shows anything of the text.
    private static func isVisible(_ text: String) -> Bool {
        text.unicodeScalars.contains {
            let properties = $0.properties
            return !properties.isWhitespace && !properties.isDefaultIgnorableCodePoint
                && properties.generalCategory != .format && $0 != "\u{2800}" && $0 != "\u{FFFC}"
        }
    }
}
