package import BerthBot
package import BerthConfig
package import BerthStore
import BerthText

/// The form of replies in Telegram.
package struct TelegramReplies: ReplyParts {
    /// The bots that send long code and long answers as files.
    private let filing: Set<Int>

    /// The most messages of an answer that is not sent as a file.
    static let mostParts = 8
    /// The most pictures of one album.
    static let mostPictures = 10

    /// Makes the form for bots.
    package init(_ bots: [Configuration.Telegram]) {
        filing = Set(bots.filter(\.longAnswersAsFile).map(\.id))
    }

    /// Makes a message of each part of the answer, with buttons under the last one.
    package func parts(
        of outcome: TurnOutcome,
        at place: Place,
        in language: Language
    ) -> [String] {
        var bodies =
            outcome.end == .done && !outcome.pictures.isEmpty
            ? pictures(of: outcome, language) : texts(of: outcome, at: place, language)
        guard !bodies.isEmpty else { return [] }
        bodies[bodies.count - 1].buttons = buttons(of: outcome, bodies)
        return bodies.compactMap(\.json)
    }

    private func pictures(of outcome: TurnOutcome, _ language: Language) -> [TelegramBody] {
        let ids = outcome.pictures.map(\.file)
        var bodies = stride(from: 0, to: ids.count, by: Self.mostPictures).map { start in
            var body = TelegramBody()
            body.pictures = Array(ids[start..<min(start + Self.mostPictures, ids.count)])
            return body
        }
        if ids.count > 1 {
            let words = TelegramPhrase.album(ids.count).text(in: language)
            bodies.append(TelegramBody(TelegramPart(text: words, entities: [])))
        }
        return bodies
    }

    private func texts(
        of outcome: TurnOutcome,
        at place: Place,
        _ language: Language
    ) -> [TelegramBody] {
        let markdown = Self.markdown(of: outcome, in: language)
        guard let bot = TelegramPlace(place)?.bot, filing.contains(bot), outcome.error == nil else {
            return TelegramText.parts(of: markdown).map { TelegramBody($0) }
        }
        let made = TelegramFiles(of: markdown, mostParts: Self.mostParts)
        var bodies = made.parts.map { TelegramBody($0) }
        if bodies.isEmpty, !made.files.isEmpty {
            let words = TelegramPhrase.answerAsFile.text(in: language)
            bodies.append(TelegramBody(TelegramPart(text: words, entities: [])))
        }
        for index in made.files.indices {
            var body = TelegramBody()
            body.file = index
            bodies.append(body)
        }
        return bodies
    }

    /// The answer with its error, its note and its sources, in Markdown.
    static func markdown(of outcome: TurnOutcome, in language: Language) -> String {
        var paragraphs = outcome.answer.isEmpty ? [] : [outcome.answer]
        if let error = outcome.error {
            paragraphs.append((error.first?.uppercased() ?? "") + error.dropFirst())
        } else if outcome.end == .done, let note = outcome.ending.flatMap({ Phrase.note($0) }) {
            paragraphs.append("*\(note.text(in: language))*")
        }
        if outcome.end == .done, outcome.beginsToForget {
            paragraphs.append("*\(Phrase.forgetting(outcome.isSummarized).text(in: language))*")
        }
        let sources = SourceInfo.list(outcome.sources)
        if !sources.isEmpty {
            let lines = sources.enumerated().map { index, source in
                "\(index + 1). \(source.title.isEmpty ? "" : source.title + ": ")\(source.url)"
            }
            paragraphs.append(lines.joined(separator: "\n"))
        }
        return paragraphs.joined(separator: "\n\n")
    }

    private func buttons(
        of outcome: TurnOutcome,
        _ bodies: [TelegramBody]
    ) -> [TelegramBody.Button] {
        guard outcome.end == .done else { return [.again] }
        if !outcome.pictures.isEmpty { return [.again, .larger, .delete] }
        let hasCode = bodies.contains { $0.entities.contains { $0.kind == .pre } }
        let first: [TelegramBody.Button] = outcome.ending == .length ? [.goOn, .again] : [.again]
        return bodies.count > 1 || hasCode ? first + [.file] : first
    }
}
