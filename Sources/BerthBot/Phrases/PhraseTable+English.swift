import BerthConfig
import BerthWork

extension PhraseTable {
    /// The words in English, which every phrase has.
    static func english(_ phrase: Phrase) -> String {
        switch phrase {
        case .help: help
        case .translateUsage: translateUsage
        case .unknownCommand(let word): "There is no command `/\(word)`.\n\n\(help)"
        case .freshStart: "A fresh start: nothing said so far is sent to the model any more."
        case .models(let chosen, let names):
            "This conversation uses `\(chosen)`. There is:\n\n"
                + names.map { "- `\($0)`" }.joined(separator: "\n")
                + "\n\nChoose with `/model NAME`."
        case .modelChosen(let name): "From now on `\(name)` answers in this conversation."
        case .nothingChanged(let error): "Nothing is changed: \(error)."
        case .usage(let usage):
            """
            | | used | limit |
            |---|---|---|
            | requests today | \(usage.requests) | \(usage.requestsLimit) |
            | tokens today | \(usage.tokens) | \(usage.tokensLimit) |
            | dollars this month | \(Money(micros: usage.spentMicros)) \
            | \(Money(micros: usage.spendLimitMicros)) |

            The day's are whole again at \(usage.resets).
            """
        case .webLink(let link):
            "Open this link in a browser within a day; it works once:\n\n\(link)"
        case .stopped: "Stopped."
        case .nothingToStop: "There is nothing to stop."
        case .waitingForMemory: "The server is short of memory: your message waits."
        case .refusal(let error): error.description
        case .gaveUp(let error, let reason): "\(error) (\(reason))"
        case .restarting: "the service is being restarted: the answer goes on by itself then"
        case .notSaved(let error): "the answer could not be saved: \(error)"
        }
    }

    private static let help = """
        | command | what it does |
        |---|---|
        | `/new` | forgets what was said so far: the next answer starts afresh |
        | `/model [name]` | shows the models, or chooses one for this conversation |
        | `/translate [language] text` | puts a text into a language, English unless named |
        | `/usage` | what you have used today, and what is left |
        | `/stop` | ends the answer that is being written |
        | `/web` | a link to this bot in your browser |
        | `/help` | this list |
        """

    private static let translateUsage = """
        `/translate [language] text` puts a text into a language: `/translate German Good morning`, \
        `/translate fr Good morning`. The language is the first word, by its name in English, its \
        own name or its two-letter code; without one it is English. Where the text itself begins \
        with such a word, name the language: `/translate en it piove`.
        """
}
