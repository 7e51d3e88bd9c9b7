import BerthBot
import BerthHTTP
import BerthLoop
import BerthWork

extension HTTPRequest {
    /// The language of the sender's browser, or nil if it names none.
    var language: Language? { headers["accept-language"].flatMap { Language.preferred(in: $0) } }

    /// Whether a browser opens the path as a page.
    var wantsPage: Bool { headers["accept"]?.lowercased().contains("text/html") == true }
}

extension HTTPResponse {
    /// The answer to a request that the bot refused, in the reader's language.
    init(_ error: BotError, in language: Language) {
        self.init(error, message: Phrase.refusal(error).text(in: language))
    }

    /// The answer to a browser without a login, in its language.
    @Loop static func notLoggedIn(_ request: HTTPRequest) -> HTTPResponse {
        let words = Phrase(.notLoggedIn).text(in: request.language ?? .english)
        return .error(401, words, code: "login")
    }
}
