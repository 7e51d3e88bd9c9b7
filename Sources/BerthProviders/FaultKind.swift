/// A class of errors that providers report, each with consequences of its own.
///
/// ``FaultTable`` recognises the class, because the vendors have different words for one fault.
enum FaultKind: String, CaseIterable, Sendable {
    /// The prompt, or the prompt and the answer, do not fit into the model's window.
    case contextTooLong = "context_length_exceeded"
    /// The vendor's policy forbids the prompt or the answer.
    case contentPolicy = "content_policy_violation"
    /// The vendor does not have the model, or not for this account.
    case modelUnknown = "model_not_found"
    /// The vendor rejects the API key.
    case keyRefused = "invalid_api_key"
    /// The account has no credit left, or has reached a spending limit of its owner.
    case noCredit = "insufficient_quota"
    /// Too many requests or tokens in a time.
    case rateLimited = "rate_limit_exceeded"
    /// The vendor, or the model's server, has no capacity at the moment.
    case overloaded = "overloaded"

    /// OpenAI's error code of the class.
    var code: String { rawValue }
}
