extension Turn {
    /// The reason for which the model ended an answer.
    package enum Ending: String, SQLConvertible, CaseIterable, Sendable {
        /// It had said all.
        case stop
        /// It reached its limit, so the answer is cut.
        case length
        /// The provider's filter ended it.
        case contentFilter = "content_filter"
        /// It asked for a tool.
        case toolCalls = "tool_calls"
        /// It refused to answer, in words of its own.
        case refusal
    }
}
