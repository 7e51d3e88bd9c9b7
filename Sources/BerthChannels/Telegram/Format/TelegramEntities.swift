/// Makes the entities of a message from the looks of its text.
///
/// They are nested by construction: a format that ends closes those that opened after it, and these
/// open again if they go on.
struct TelegramEntities {
    /// The most entities of a message that Telegram shows.
    static let most = 100

    private let units: ArraySlice<UInt16>
    private var open: [(format: TelegramLook.Format, start: Int)] = []
    private var found: [TelegramEntity] = []

    /// The entities of `units`, of which the first has the offset 0.
    ///
    /// - Parameters:
    ///   - units: the text of the message.
    ///   - spans: the looks, whose ends count from the same place as the indices of `units`.
    ///   - mostBytes: the most bytes of the entities as JSON.
    /// - Returns: the entities in the order that Telegram asks for.
    static func make(
        _ units: ArraySlice<UInt16>,
        _ spans: [TelegramSpan],
        mostBytes: Int
    ) -> [TelegramEntity] {
        var builder = TelegramEntities(units: units)
        var start = units.startIndex
        for span in spans {
            let end = min(span.end, units.endIndex)
            guard end > start else { continue }
            builder.change(to: span.look.formats, at: start)
            start = end
            if end == units.endIndex { break }
        }
        builder.close(to: 0, at: units.endIndex)
        return limited(builder.found, mostBytes: mostBytes).sorted(by: isBefore)
    }

    private init(units: ArraySlice<UInt16>) { self.units = units }

    private static func isBefore(_ one: TelegramEntity, _ other: TelegramEntity) -> Bool {
        if one.offset != other.offset { return one.offset < other.offset }
        return one.length != other.length ? one.length > other.length : one.rank < other.rank
    }

    /// Leaves out the entities that matter least.
    private static func limited(_ all: [TelegramEntity], mostBytes: Int) -> [TelegramEntity] {
        let size = all.reduce(0) { $0 + $1.jsonSize }
        guard all.count > most || size > mostBytes else { return all }
        var left = mostBytes
        let sorted = all.sorted { ($0.rank, $0.offset) < ($1.rank, $1.offset) }
        let ranked = sorted.filter {
            guard $0.jsonSize <= left else { return false }
            left -= $0.jsonSize
            return true
        }
        return Array(ranked.prefix(most))
    }

    private mutating func change(to wanted: [TelegramLook.Format], at place: Int) {
        var kept = open.firstIndex { !wanted.contains($0.format) } ?? open.count
        // A quote contains everything else, so a new one closes all others.
        if let first = wanted.first, first.number != 0,
            !open[..<kept].contains(where: { $0.format == first })
        {
            kept = 0
        }
        close(to: kept, at: place)
        for format in wanted where !open.contains(where: { $0.format == format }) {
            open.append((format, place))
        }
    }

    private mutating func close(to count: Int, at end: Int) {
        while open.count > count {
            let (format, start) = open.removeLast()
            let isBlock = format.number != 0
            // White space at the start of a code block is a part of it.
            guard
                let first = units[start..<end].firstIndex(where: {
                    isBlock ? $0 != 0x0A : !isSpace($0)
                }),
                let last = units[first..<end].lastIndex(where: { !isSpace($0) })
            else { continue }
            found.append(
                TelegramEntity(
                    kind: format.kind,
                    offset: first - units.startIndex,
                    length: last + 1 - first,
                    url: format.url,
                    language: format.language
                )
            )
        }
    }

    private func isSpace(_ unit: UInt16) -> Bool { unit == 0x20 || unit == 0x0A }
}
