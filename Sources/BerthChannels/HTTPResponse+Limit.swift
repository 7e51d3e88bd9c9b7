import BerthHTTP
import BerthProviders
import BerthText

extension HTTPResponse {
    /// This response with the output limit that was sent instead of the client's larger one.
    ///
    /// - Parameters:
    ///   - asked: the request.
    ///   - models: the models that may answer.
    ///   - id: the model that answers, or nil if it is not known yet. Then the smallest limit is told.
    /// - Returns: the response, with `x-berth-max-tokens` if the limit was lowered.
    func telling(
        _ asked: ChatRequest,
        _ models: [ModelChoice],
        answeredBy id: String? = nil
    ) -> HTTPResponse {
        let object = asked.object
        let wish = object.integer("max_completion_tokens") ?? object.integer("max_tokens")
        let answering = models.filter { $0.id == id }
        let limit = (answering.isEmpty ? models : answering).map(\.output).min()
        guard let wish, let limit, wish > limit else { return self }
        var response = self
        response.headers["x-berth-max-tokens"] = "\(limit)"
        return response
    }
}
