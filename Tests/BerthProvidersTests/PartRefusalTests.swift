import Testing

@testable import BerthConfig
@testable import BerthProviders

/// The part of Berth's own that the words of a refusal are about.
@Suite struct PartRefusalTests {
    private typealias Change = PartRefusal.Change

    /// The parts of a stream that has all of them.
    private static let all: OwnParts = {
        var own = OwnParts()
        own.parts = [
            .developer, .system, .streamOptions, .stream, .temperature, .user, .safetyIdentifier,
        ]
        (own.outputLimit, own.maximumOutput) = (.maxTokens, 4096)
        return own
    }()

    private static func refused(_ message: String, _ status: Int = 400, _ code: String? = nil)
        -> ProviderError
    {
        .refused(provider: "p", status: status, message: message, code: code)
    }

    private static func first(_ message: String, _ own: OwnParts = all) -> Change? {
        PartRefusal(refused(message))?.changes(of: own).first?.first
    }

    @Test(arguments: [
        "Unrecognized request argument supplied: stream_options",
        "body.stream_options.include_usage: Extra inputs are not permitted",
        "Unknown parameter: 'stream_options'.",
        "unknown field `stream_options`, expected one of `model`, `messages`, `max_tokens`, `user`",
        "[] is too short; additionalProperties: 'streamOptions' is not allowed",
        "json: unknown field \"stream_options\"",
        "1 validation error for ChatRequest stream_options extra fields not permitted",
        "Stream options can only be defined when `stream=True`.",
    ])
    func `stream_options is found`(message: String) {
        #expect(Self.first(message) == .without(.streamOptions))
    }

    @Test(arguments: [
        (
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
                + "Use 'max_completion_tokens' instead.", Quirks.OutputLimit.maxCompletionTokens
        ),
        ("max_tokens: Extra inputs are not permitted", .maxCompletionTokens),
        ("Unknown name \"max_tokens\": use maxOutputTokens", .maxOutputTokens),
        ("unknown key max_tokens, did you mean max_new_tokens?", .maxNewTokens),
        ("`max_tokens` is deprecated", .maxCompletionTokens),
        (
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
            .maxCompletionTokens
        ),
        ("the model takes num_predict and no max tokens", .numPredict),
    ])
    func `the output limit gets another name, first the one that is named`(
        message: String,
        name: Quirks.OutputLimit
    ) {
        #expect(Self.first(message) == .outputLimit(name))
    }

    @Test func `all other names of the limit are tried, and then none`() {
        let changes = PartRefusal(Self.refused("max_tokens is unknown"))?.changes(of: Self.all)
        #expect(
            changes == [
                [.outputLimit(.maxCompletionTokens)], [.outputLimit(.maxOutputTokens)],
                [.outputLimit(.maxNewTokens)], [.outputLimit(.none)],
            ]
        )
    }

    @Test(arguments: [
        (
            "max_tokens is too large: 4096. This model supports at most 2048 completion tokens, "
                + "whereas you provided 4096.", 2048
        ),
        (
            "max_tokens: 4096 > 1024, which is the maximum allowed number of output tokens for m-3",
            1024
        ),
        ("Range of max_tokens should be [1, 2000]", 2000),
        (
            "`max_tokens` must be less than or equal to `512`, the maximum value for `max_tokens`",
            512
        ),
        (
            "Unable to submit request because it has a maxOutputTokens value of 4096 but the "
                + "supported range is from 1 (inclusive) to 2049 (exclusive).", 2048
        ),
    ])
    func `a value that is too large becomes the largest that is taken`(message: String, most: Int) {
        #expect(Self.first(message) == .mostOutput(most))
        var own = Self.all
        own.isOwnValue = false
        #expect(PartRefusal(Self.refused(message))?.changes(of: own) == [])
    }

    @Test(arguments: [
        ("max_tokens must be at most 2038 for this prompt", Change.mostNow(2038)),
        ("max_tokens is too large", .unlimited),
    ])
    func `a value that depends on the prompt changes this request alone`(
        message: String,
        change: PartRefusal.Change
    ) {
        #expect(Self.first(message) == change)
    }

    @Test func `a limit that does not fit beside the prompt is left out once`() {
        let words =
            "This model's maximum context length is 2048 tokens. However, you requested 4106 tokens "
            + "(10 in the messages, 4096 in the completion)."
        let refusal = PartRefusal(Self.refused(words, 400, "context_length_exceeded"))
        #expect(refusal?.changes(of: Self.all) == [[.unlimited]])
        let long = PartRefusal(
            Self.refused("prompt is too long", 400, "context_length_exceeded")
        )
        #expect(long?.changes(of: Self.all) == [])
    }

    @Test(arguments: [
        "Failed to deserialize the JSON body into the target type: messages[0].role: unknown variant "
            + "`developer`, expected one of `system`, `user`, `assistant`, `tool`",
        "developer is not one of ['system', 'assistant', 'user', 'tool'] - 'messages.['0].role'",
        "body.messages.0.role: Input should be 'system', 'user', 'assistant' or 'tool'",
        "Unexpected role 'developer' after role 'user'",
        "Developer instruction is not enabled for models/gemma-3-27b-it",
    ])
    func `the role developer is found`(message: String) {
        #expect(Self.first(message) == .without(.developer))
    }

    @Test(arguments: [
        "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
        "System role not supported", "This model does not support system prompts",
        "Only user and assistant roles are supported!",
    ])
    func `the role system is found`(message: String) {
        var own = Self.all
        own.parts.removeAll { $0 == .developer }
        #expect(Self.first(message, own) == .without(.system))
    }

    @Test(arguments: [
        (
            "Unsupported value: 'temperature' does not support 0 with this model.",
            Quirks.Part.temperature
        ),
        ("user: Extra inputs are not permitted", .user),
        ("property 'user' is unsupported", .user),
        ("Unrecognized request argument supplied: user", .user),
        ("Unknown parameter: 'safety_identifier'.", .safetyIdentifier),
        ("Streaming is not supported for this model", .stream),
        ("Unsupported value: 'stream' does not support true with this model.", .stream),
        ("stream must be false", .stream),
    ])
    func `other parts are found`(message: String, part: Quirks.Part) {
        #expect(Self.first(message) == .without(part))
    }

    @Test func `the pseudonym has another name in the Messages API`() {
        var own = OwnParts()
        (own.parts, own.outputLimit, own.mayRename) = ([.user, .stream], .maxTokens, false)
        let words = "metadata: Extra inputs are not permitted"
        #expect(Self.first(words, own) == nil)
        own.userNames = ["metadata", "user_id"]
        #expect(Self.first(words, own) == .without(.user))
        #expect(
            Self.first("metadata.user_id: Extra inputs are not permitted", own) == .without(.user)
        )
        #expect(Self.first("max_tokens is unknown", own) == nil)
    }

    @Test(arguments: [
        "Unknown parameter: 'seed'.", "the user has sent too many images",
        "unknown field `foo`, expected one of `model`, `max_tokens`, `stream_options`, `user`",
        "an internal system fault", "messages.1.role must be one of system, user, assistant",
        "Conversation roles must alternate user/assistant/user/assistant",
        "Invalid schema for response_format", "the model 'x' is unknown",
    ])
    func `what is not Berth's changes nothing`(message: String) {
        var own = Self.all
        own.parts.removeAll { $0 == .developer }
        #expect(Self.first(message, own) == nil)
    }

    @Test func `a part that the request does not have is not left out`() {
        var own = OwnParts()
        (own.outputLimit, own.maximumOutput) = (.maxCompletionTokens, 100)
        #expect(Self.first("unknown parameter: stream_options", own) == nil)
        #expect(Self.first("max_tokens is unknown", own) == nil)
    }

    @Test func `several parts are tried one by one and then together`() {
        var own = Self.all
        own.parts = [.streamOptions, .user]
        let refusal = PartRefusal(Self.refused("Extra inputs: stream_options, user"))
        #expect(
            refusal?.changes(of: own) == [
                [.without(.streamOptions)], [.without(.user)],
                [.without(.streamOptions), .without(.user)],
            ]
        )
    }

    @Test(arguments: [
        refused("status 400"), refused("status 422", 422), refused("Bad Request"),
        refused("Unprocessable Entity", 422), refused("invalid request"),
        refused(Upstream.page("400 Bad Request")),
    ])
    func `a refusal without words is guessed at`(error: ProviderError) {
        var own = Self.all
        own.parts = [.developer, .streamOptions, .stream]
        #expect(PartRefusal(error)?.isWordless == true)
        #expect(
            PartRefusal(error)?.guesses(of: own) == [
                [.without(.developer)], [.without(.streamOptions)],
                [.outputLimit(.maxCompletionTokens)],
                [
                    .without(.developer), .without(.streamOptions),
                    .outputLimit(.maxCompletionTokens),
                ],
            ]
        )
    }

    @Test(arguments: [
        ProviderError.unavailable(
            provider: "p",
            status: 500,
            retryAfter: nil,
            reason: "create() got an unexpected keyword argument 'stream_options'"
        ),
        .failedMidway(provider: "p", message: "stream_options is not supported"),
    ])
    func `a server's fault that names the part is a refusal too`(error: ProviderError) {
        #expect(PartRefusal(error)?.changes(of: Self.all).first == [.without(.streamOptions)])
    }

    @Test(arguments: [
        ProviderError.unavailable(
            provider: "p",
            status: 500,
            retryAfter: nil,
            reason: "max_tokens"
        ),
        .failedMidway(provider: "p", message: "the user has left"),
    ])
    func `one that says no more than a name is none`(error: ProviderError) {
        #expect(PartRefusal(error)?.changes(of: Self.all) == [])
        #expect(PartRefusal(error)?.isWordless == false)
    }

    @Test(arguments: [
        ProviderError.rateLimited(provider: "p", retryAfter: nil, reason: "max_tokens is unknown"),
        .keyRefused(provider: "p", status: 401), .cut(provider: "p"), .cancelled,
        .malformed(provider: "p", reason: "unknown max_tokens"),
        refused("unknown parameter max_tokens", 404, "model_not_found"),
        .unavailable(provider: "p", status: 503, retryAfter: nil),
    ])
    func `other errors are no refusals`(error: ProviderError) {
        #expect(PartRefusal(error) == nil)
    }

    @Test func `ids and numbers do not tell refusals apart`() throws {
        let first = try #require(PartRefusal(Self.refused("bad user at column 58 (req_1a)")))
        let second = try #require(PartRefusal(Self.refused("bad user at column 7 (req_2b)")))
        let third = try #require(PartRefusal(Self.refused("bad seed at column 7 (req_2b)")))
        let isSame = (first == second, first == third)
        #expect(isSame == (true, false))
    }
}
