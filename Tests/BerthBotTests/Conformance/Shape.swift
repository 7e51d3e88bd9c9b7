import BerthHTTP
import Testing

/// One recorded answer of a vendor, and what everybody gets of it.
///
/// The words are composed; the structure is the vendor's.
struct Shape: Sendable, CustomTestStringConvertible {
    let vendor: Vendor
    let what: String
    let status: Int
    /// Further header fields, each as `name: value`.
    let fields: [String]
    let type: String
    let body: String
    let told: Told
    /// Whether the client asks for a stream.
    var isStream: Bool

    var testDescription: String { "\(vendor.name): \(what)" }

    /// An answer with status 200: a stream if it has events, or else a whole one.
    init(_ vendor: Vendor, _ what: String, _ body: String, _ told: Told) {
        let isStream = body.hasPrefix("data:") || body.hasPrefix("event:") || body.hasPrefix(":")
        let type = isStream ? "text/event-stream" : "application/json"
        self.init(vendor, what, 200, body, told, type: type)
    }

    /// An answer with another status.
    init(
        _ vendor: Vendor,
        _ what: String,
        _ status: Int,
        _ body: String,
        _ told: Told,
        type: String
    ) {
        (self.vendor, self.what, self.status) = (vendor, what, status)
        (self.body, self.told, self.type) = (body, told, type)
        fields = []
        isStream = type == "text/event-stream"
    }

    /// An error, with further header fields.
    init(_ vendor: Vendor, _ status: Int, _ fields: [String], _ body: String, _ told: Told) {
        self.vendor = vendor
        (self.status, self.fields, self.body, self.told) = (status, fields, body, told)
        what = "status \(status): \(told.code ?? told.says)"
        type = body.hasPrefix("<") ? "text/html" : "application/json"
        isStream = false
    }

    /// An error.
    init(_ vendor: Vendor, _ status: Int, _ body: String, _ told: Told) {
        self.init(vendor, status, [], body, told)
    }

    /// The answer as the API client, the chat user and the ledger get it.
    struct Told: Sendable {
        var text = ""
        var reasoning = ""
        /// OpenAI's finish reason, or nil for a failure.
        var finish: String?
        /// The tool call's name and its arguments.
        var call: String?
        var links: [String] = []
        /// The turn's ending, if it is another than the finish reason.
        var ending: String?
        /// Tokens that are charged, or nil if they are estimated.
        var usage: [Int]?
        /// The part of the prompt's tokens that the vendor read from its cache.
        var cached = 0
        /// The HTTP status of a failure that the client gets.
        var status = 200
        /// The code of a failure.
        var code: String?
        /// Words of a failure.
        var says = ""
        /// Words of a failure in the log.
        var logged = ""
        /// The seconds of Retry-After.
        var wait: Int?
        /// Whether a failure may have been bought.
        var isBought = true
    }
}

extension Shape.Told {
    /// A text with its tokens, or none if the provider names none.
    static func said(
        _ text: String,
        _ usage: [Int]?,
        finish: String = "stop",
        reasoning: String = "",
        links: [String] = []
    ) -> Self {
        Self(text: text, reasoning: reasoning, finish: finish, links: links, usage: usage)
    }

    /// A tool call.
    static func called(_ call: String, _ usage: [Int]?, finish: String = "tool_calls") -> Self {
        Self(finish: finish, call: call, usage: usage)
    }

    /// A failure that was not bought.
    static func refused(
        _ status: Int,
        _ code: String?,
        _ says: String = "",
        wait: Int? = nil
    ) -> Self {
        Self(status: status, code: code, says: says, wait: wait, isBought: false)
    }

    /// A failure within an answer, after `text`.
    static func broken(_ says: String, after text: String = "") -> Self {
        Self(text: text, status: 502, code: "provider_failed", says: says)
    }

    /// The prompt is too long for the model.
    static func tooLong(_ status: Int, _ says: String) -> Self {
        refused(status, "context_length_exceeded", says)
    }

    /// The vendor's policy forbids the prompt.
    static func forbidden(_ status: Int, _ says: String) -> Self {
        refused(status, "content_policy_violation", says)
    }

    /// The vendor does not know the model.
    static func unknown(_ status: Int, _ says: String) -> Self {
        refused(status, "model_not_found", says)
    }

    /// The vendor rejects the key.
    static let noKey = unserved("rejects Berth's API key")

    /// The account is empty.
    static let noCredit = unserved("has no credit left")

    /// The operator must act, and is told why.
    private static func unserved(_ logged: String) -> Self {
        var told = refused(502, "provider_refused", "does not serve this bot at the moment")
        told.logged = logged
        return told
    }

    /// Too many requests.
    static func tooMany(_ says: String, wait: Int) -> Self {
        refused(429, "rate_limit_exceeded", says, wait: wait)
    }

    /// No capacity.
    static func overloaded(_ says: String, wait: Int = 2) -> Self {
        refused(503, "provider_unavailable", says, wait: wait)
    }
}

/// A vendor's own members of chunks and answers.
struct Vendor: Sendable {
    let name: String
    /// Members of a chunk and of an answer, each with a comma before it.
    var top = ""
    /// Members of a choice.
    var inner = ""
    var isAnthropic = false

    /// A chunk of a stream.
    func chunk(_ delta: String, _ finish: String? = nil, _ more: String = "") -> String {
        let reason = finish.map { "\"\($0)\"" } ?? "null"
        return
            #"{"id":"a1","object":"chat.completion.chunk","created":1760000000,"model":"m"\#(top)"#
            + #","choices":[{"index":0,"delta":\#(delta),"finish_reason":\#(reason)\#(inner)}]\#(more)}"#
    }

    /// A chunk with nothing but text.
    func text(_ text: String) -> String { chunk(#"{"content":"\#(text)"}"#) }

    /// A chunk with the usage and no choice.
    func usage(_ usage: String) -> String {
        #"{"id":"a1","object":"chat.completion.chunk","created":1760000000,"model":"m"\#(top)"#
            + #","choices":[],"usage":\#(usage)}"#
    }

    /// A whole answer.
    func whole(_ message: String, _ finish: String, _ usage: String) -> String {
        #"{"id":"a1","object":"chat.completion","created":1760000000,"model":"m"\#(top)"#
            + #","choices":[{"index":0,"message":\#(message),"finish_reason":"\#(finish)"\#(inner)}]"#
            + #","usage":\#(usage)}"#
    }

    /// The events of a stream.
    func stream(_ chunks: String..., done: Bool = true) -> String {
        chunks.map { "data: \($0)\n\n" }.joined() + (done ? "data: [DONE]\n\n" : "")
    }

    /// Named events, as of the Messages API.
    func events(_ events: (String, String)...) -> String {
        events.map { "event: \($0)\ndata: \($1)\n\n" }.joined()
    }
}
