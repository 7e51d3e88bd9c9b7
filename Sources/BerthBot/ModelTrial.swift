import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthText
package import BerthWork

/// The result of a tiny question to one model, for `berth doctor --ask`.
package struct ModelTrial: Codable, Sendable {
    /// The model's name, `provider/model`.
    package let model: String
    /// Whether it answers.
    package let ok: Bool
    /// The answer, or the reason why there is none, for the operator.
    package let says: String
    /// The cost in millionths of a dollar.
    package let micros: Int64
}

extension Bot {
    /// The most tokens of the answer to a tiny question.
    private static nonisolated let mostTokens = 16

    /// Asks every chat model a tiny question, one after the other, on the account of the house.
    ///
    /// - Throws: ``BotError`` if the house has no account and none can be made.
    package func tryModels() async throws(BotError) -> [ModelTrial] {
        let payer = try await tenants.reserved(Tenant.houseName)
        var trials: [ModelTrial] = []
        for model in models.choices { trials.append(await attempt(model, payer)) }
        return trials
    }

    private func attempt(_ model: ModelChoice, _ payer: LiveTenant) async -> ModelTrial {
        let messages = #"[{"role":"user","content":"Answer with the word yes."}]"#
        let text = #"{"messages":\#(messages),"max_tokens":\#(Bot.mostTokens)}"#
        guard let request = try? JSONObject(Array(text.utf8)) else {
            return ModelTrial(model: model.id, ok: false, says: "no request", micros: 0)
        }
        var ask = Ask(request, [model], payer, requestID: "doctor", since: clock.now)
        (ask.isOwn, ask.isFresh) = (true, true)
        do throws(BotError) {
            let answer = try await answers.complete(ask)
            let words = answer.text.shortened(toBytes: 40)
            let cost = model.price.cost(of: answer.usage)
            return ModelTrial(model: model.id, ok: true, says: "answers '\(words)'", micros: cost)
        } catch .provider(.wordless(_, finish: "length")) {
            let says = "answers, but thinks for more than \(Bot.mostTokens) tokens"
            return ModelTrial(model: model.id, ok: true, says: says, micros: 0)
        } catch {
            return ModelTrial(model: model.id, ok: false, says: error.withReason, micros: 0)
        }
    }
}

extension BotError {
    /// The error for an operator, with the provider's reason, because the question was Berth's.
    fileprivate var withReason: String {
        guard case .provider(let error) = self else { return forOperator }
        switch error {
        case .refused, .unavailable, .rateLimited, .malformed, .failedMidway:
            return error.description
        default: return error.forOperator
        }
    }
}
