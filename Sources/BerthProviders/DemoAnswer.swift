import BerthHTTP
import BerthMemory
import BerthText

/// The demo provider's answer, which is the same for the same request.
struct DemoAnswer {
    /// The maximum memory of an answer, including the part of the question that is read.
    static let most = ByteCount.kibibytes(32)
    /// The text, in Markdown.
    let text: String
    /// The estimated tokens of the prompt and the answer.
    let usage: TokenUsage
    /// The finish reason: `stop`, or `length` if the answer was truncated.
    let finish: String

    /// Makes the answer to `request` in at most `maximum` tokens.
    init(to request: JSONObject, atMost maximum: Int) {
        let whole = DemoAnswer.answer(to: DemoQuestion(in: request))
        let tokens = TokenEstimate.of(whole)
        text = tokens <= maximum ? whole : DemoAnswer.cut(whole, to: max(0, maximum))
        finish = tokens <= maximum ? "stop" : "length"
        usage = TokenUsage(
            input: TokenEstimate.input(of: request),
            output: TokenEstimate.of(text),
            isEstimated: true
        )
    }

    /// Returns the longest prefix of `text` of at most `tokens` tokens.
    private static func cut(_ text: String, to tokens: Int) -> String {
        var (start, bytes) = ("", 4 * tokens)
        for character in text {
            bytes -= character.utf8.count
            guard bytes >= 0 else { break }
            start.append(character)
        }
        return start
    }

    /// The words of the text, each with the white space that follows it.
    var words: [String] {
        var words: [String] = []
        var word = ""
        for character in text {
            if word.last?.isWhitespace == true, !character.isWhitespace {
                words.append(word)
                word = ""
            }
            word.append(character)
        }
        return word.isEmpty ? words : words + [word]
    }

    // MARK: Topics

    private struct Topic {
        let words: [String]
        let answer: String
    }

    private static func answer(to question: DemoQuestion) -> String {
        let lowered = Array(question.text.lowercased().utf8)
        let topic = topics.first { $0.words.contains { lowered.offset(of: $0) != nil } }
        let asked = question.text.isEmpty ? "nothing" : "“\(question.text.shortened(toBytes: 200))”"
        return """
            This is Berth's **built-in demo**. No model was called, so this answer was written in \
            advance. You asked \(asked)\(question.sent).

            \(topic?.answer ?? fallback)
            """
    }

    private static let fallback = """
        The demo has no answer to that, but a real model has. To connect one:

        1. Copy `config/berth.yaml` and uncomment `providers` and `models`.
        2. Put the key into the environment, such as `OPENAI_API_KEY=…`.
        3. Run `berth config check`, then start `berth serve` again.

        Ask me about *providers*, *Telegram*, *quotas*, *memory* or *code* to see more.
        """

    private static let topics = [
        Topic(
            words: ["provider", "openai", "ollama", "api key", "model"],
            answer: """
                Berth works with any server that offers OpenAI's chat completions. In \
                `config/berth.yaml`:

                ```yaml
                providers:
                  - { name: openai, kind: openai, api_key: "${OPENAI_API_KEY}" }
                models:
                  chat: [ { provider: openai, model: gpt-4.1-mini } ]
                ```

                For a local Ollama, use `base_url: http://127.0.0.1:11434/v1` and no key.
                """
        ),
        Topic(
            words: ["telegram"],
            answer: """
                A Telegram bot needs a token from **@BotFather** and, in `config/berth.yaml`, \
                `telegram: { token: "${TELEGRAM_BOT_TOKEN}" }`. `berth doctor` says whether this \
                build can use it yet.
                """
        ),
        Topic(
            words: ["quota", "limit", "usage"],
            answer: """
                Every user has daily quotas. `/usage` shows yours; the operator changes them:

                | command | what it does |
                |---|---|
                | `berth quota show ann` | prints the limits and the usage |
                | `berth quota set ann requests_per_day=500` | changes a limit |
                """
        ),
        Topic(
            words: ["memory", "ram"],
            answer: """
                Berth aims at a tenth of the memory of a Python bot with Redis. Anything whose \
                size a user controls is leased from that user's account before it is allocated, \
                and `memory.limit` bounds the total.
                """
        ),
        Topic(
            words: ["code", "swift", "python", "program"],
            answer: """
                Code is shown in blocks with a copy button:

                ```swift
                let people = 50
                print("One process serves \\(people) people.")
                ```
                """
        ),
        Topic(
            words: ["hello", "hi ", "hallo", "bonjour", "hey"],
            answer: "Hello! This demo shows that everything works: streaming, history, stopping."
        ),
        Topic(
            words: ["long", "story"],
            answer: (1...60).map {
                "Line \($0) of a long answer that gives you time to press stop."
            }
            .joined(separator: "\n\n")
        ),
    ]
}
