import BerthConfig
import BerthFiles
import BerthMemory
import BerthStore
import BerthText
import BerthWork

extension PhraseTable {
    /// The words in English, which every phrase has.
    static func english(_ phrase: Phrase) -> String {
        switch phrase {
        case .help: help
        case .translateUsage: translateUsage
        case .imageUsage(let problem): "\(words(problem))\n\n\(imageUsage)"
        case .unknownCommand(let word): "There is no command `/\(word)`.\n\n\(help)"
        case .freshStart: "Done. Earlier messages are no longer sent to the model."
        case .models(let chosen, let names):
            "This conversation uses `\(chosen)`. The models are:\n\n"
                + names.map { "- `\($0)`" }.joined(separator: "\n")
                + "\n\nChoose one with `/model NAME`."
        case .modelChosen(let name): "This conversation now uses `\(name)`."
        case .nothingChanged(let error): "Nothing was changed: \(error)."
        case .usage(let usage):
            """
            | | used | limit |
            |---|---|---|
            | requests today | \(usage.requests) | \(usage.requestsLimit) |
            | tokens today | \(usage.tokens) | \(usage.tokensLimit) |
            | pictures today | \(usage.images) | \(usage.imagesLimit) |
            | dollars this month | \(Money(micros: usage.spentMicros)) \
            | \(Money(micros: usage.spendLimitMicros)) |

            The daily limits reset at \(usage.resets).
            """
        case .webLink(let link):
            "Open this link in a browser within a day. It works once.\n\n\(link)"
        case .files(let list): files(list)
        case .deleteUsage: deleteUsage
        case .filesDeleted(let total):
            total.files == 0
                ? "There was nothing to delete."
                : "Deleted \(count(total.files)) with \(ByteCount(total.bytes))."
        case .stopped: "Stopped."
        case .nothingToStop: "There is nothing to stop."
        case .waitingForMemory: "The server is short of memory. Your message waits."
        case .waitingForModel(let isPaused, let wait):
            (isPaused
                ? "The model has asked for a pause. Your message is sent in "
                : "The model does not answer now. It is asked again in ") + roughly(wait) + "."
        case .progress(let progress): words(progress)
        case .refusal(let error): error.description
        case .gaveUp(let error, let reason): "\(error) (\(reason))"
        case .restarting: "the service is being restarted: the answer goes on after that"
        case .uncertain:
            "the service broke off while it answered your message, and the answer was lost: send "
                + "the message again if you still want an answer"
        case .ended(let ending): end(ending)
        case .notSaved(let error): "the answer could not be saved: \(error)"
        }
    }

    /// A wait such as `about 40 s` or `about 3 min`.
    private static func roughly(_ wait: Duration) -> String {
        let seconds = max(1, wait.secondsRoundedUp)
        return seconds < 120 ? "about \(seconds) s" : "about \((seconds + 59) / 60) min"
    }

    private static func count(_ files: Int) -> String { files == 1 ? "1 file" : "\(files) files" }

    private static func files(_ list: FileList) -> String {
        let (use, owner) = (list.use, list.owner)
        guard !list.newest.isEmpty else { return "You have no files here." }
        let rows = list.newest.map { file in
            "| `\(file.id)` | \(file.kind) | \(ByteCount(file.bytes)) | \(file.lastUsed) |"
        }
        let more = use.files - list.newest.count
        return "| file | type | size | last used |\n|---|---|---|---|\n"
            + rows.joined(separator: "\n")
            + (more > 0 ? "\n\nAnd \(count(more)) that were used longer ago." : "")
            + "\n\nYou have \(count(use.files)) of \(owner.files) with \(use.bytes) of "
            + "\(owner.disk).\n\n" + deleteUsage
    }

    private static let deleteUsage =
        "`/delete FILE` deletes one of your files, and `/delete all` deletes all of them."

    private static func end(_ ending: Turn.Ending) -> String {
        switch ending {
        case .stop: "The answer is complete."
        case .length: "The answer was cut at the model's limit. Ask it to continue."
        case .contentFilter: "The provider's content filter ended the answer here."
        case .toolCalls: "The model asked for a tool here, and this chat has none."
        case .refusal: "The model declined to answer."
        }
    }

    private static let help = """
        | command | what it does |
        |---|---|
        | `/new` | forgets the conversation so far |
        | `/model [name]` | shows the models, or chooses one for this conversation |
        | `/translate [language] text` | translates a text, into English if no language is named |
        | `/image [--n 2] [--size 1024x1536] prompt` | makes pictures |
        | `/usage` | shows how much you have used and how much is left |
        | `/files` | lists your files |
        | `/delete FILE` | deletes one of your files, or all of them with `all` |
        | `/stop` | stops the answer that is being written |
        | `/web` | gives you a link to this bot in your browser |
        | `/help` | shows this list |
        """

    private static let translateUsage = """
        `/translate [language] text` translates a text: `/translate German Good morning`, \
        `/translate fr Good morning`. The language is the first word: its English name, its own \
        name or its two-letter code. Without one, the text is translated into English. If the text \
        itself begins with such a word, name the language first: `/translate en it piove`.
        """
}
