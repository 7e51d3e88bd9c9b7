import BerthText

/// The part of a turn that a search shows.
enum SearchExcerpt {
    /// The most bytes before the first word, and the most in all.
    private static let before = 60
    private static let most = 240

    /// A part of the message or the answer around the first word, or nil if a word is in neither.
    static func of(_ text: [UInt8], _ answer: [UInt8], _ words: SearchWords) -> String? {
        let (asked, told) = (words.places(in: text), words.places(in: answer))
        for (first, second) in zip(asked, told) where first == nil && second == nil { return nil }
        if let place = asked.lazy.compactMap({ $0 }).first { return part(of: text, around: place) }
        return told.lazy.compactMap { $0 }.first.map { part(of: answer, around: $0) }
    }

    private static func part(of text: [UInt8], around place: Range<Int>) -> String {
        var start = max(0, place.lowerBound - before)
        while start > 0, text[start] & 0xC0 == 0x80 { start -= 1 }
        // The word in which the excerpt would begin is left out.
        if start > 0, let space = text[start..<place.lowerBound].firstIndex(of: 0x20) {
            start = space + 1
        }
        var end = min(text.count, max(place.upperBound, start + most))
        while end < text.count, text[end] & 0xC0 == 0x80 { end -= 1 }
        let part = HarmlessText.line(String(decoding: text[start..<end], as: UTF8.self))
        return (start > 0 ? "…" : "") + part + (end < text.count ? "…" : "")
    }
}
