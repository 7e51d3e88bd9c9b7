import BerthHTTP
import BerthText

/// A member of an answer in which a provider says what it has charged for the call.
///
/// The configured price knows tokens alone. A bill also has the fees of tools, of a higher service
/// tier and of prompt caching, and the price of the model that has really answered.
struct ProviderBill {
    /// The members from `usage` down to the amount.
    private let path: [String]
    /// Millionths of a dollar for 1 of the member's unit.
    private let scale: Double
    /// The documentation, as of 2026-11.
    let source: String

    /// Every known member, by vendor.
    static let all = [
        ProviderBill(
            path: ["cost"],
            scale: 1e6,
            source: "https://openrouter.ai/docs/use-cases/usage-accounting"
        ),
        ProviderBill(
            path: ["cost", "total_cost"],
            scale: 1e6,
            source: "https://docs.perplexity.ai/api-reference/chat-completions-post"
        ),
        ProviderBill(
            path: ["cost_in_usd_ticks"],
            scale: 1e-4,
            source: "https://docs.x.ai/developers/cost-tracking"
        ),
        ProviderBill(
            path: ["cost_in_nano_usd"],
            scale: 1e-3,
            source: "https://docs.x.ai/developers/rest-api-reference/inference/chat"
        ),
        ProviderBill(
            path: ["estimated_cost"],
            scale: 1e6,
            source: "https://docs.deepinfra.com/chat/overview"
        ),
    ]

    /// The header in which LiteLLM names the cost of an answer that is not streamed, in dollars.
    ///
    /// Source: <https://docs.litellm.ai/docs/proxy/response_headers>.
    private static let header = "x-litellm-response-cost"

    /// The largest bill that is believed, in millionths of a dollar ($10,000).
    ///
    /// A wrong unit or a damaged answer must not use up more than a tenant's month.
    static let most: Int64 = 10_000_000_000

    /// The bill of an answer, in millionths of a dollar, rounded up; nil if it has none.
    ///
    /// - Parameters:
    ///   - usage: the `usage` object of an answer or a chunk.
    ///   - headers: the answer's header.
    /// - Returns: the highest of all amounts, from 0 to ``most``.
    static func micros(in usage: JSONObject?, _ headers: HTTPHeaders = [:]) -> Int64? {
        var bills = usage.map { usage in all.compactMap { $0.micros(in: usage) } } ?? []
        if let usage, let cost = bills.first, usage.boolean("is_byok") == true,
            let upstream = upstream.micros(in: usage)
        {
            // With the owner's own key the vendor's bill comes on top of OpenRouter's fee.
            bills.append(min(cost + upstream, most))
        }
        if let cost = headers[header].flatMap({ amount($0, scale: 1e6) }) { bills.append(cost) }
        return bills.max()
    }

    private static let upstream = ProviderBill(
        path: ["cost_details", "upstream_inference_cost"],
        scale: 1e6,
        source: "https://openrouter.ai/docs/use-cases/usage-accounting"
    )

    private func micros(in usage: JSONObject) -> Int64? {
        guard usage.has(path[0]) else { return nil }
        var object = usage
        for name in path.dropLast() {
            guard let inner = object.object(name) else { return nil }
            object = inner
        }
        guard let name = path.last else { return nil }
        if let number = object.number(name) { return ProviderBill.clamped(number * scale) }
        return object.word(name).flatMap { ProviderBill.amount($0, scale: scale) }
    }

    private static func amount(_ text: String, scale: Double) -> Int64? {
        guard text.utf8.count <= 64, text.utf8.allSatisfy({ "+-.0123456789eE".utf8.contains($0) }),
            let number = Double(text), number.isFinite
        else { return nil }
        return clamped(number * scale)
    }

    /// Rounds up to whole millionths, except where a binary fraction is the reason.
    private static func clamped(_ micros: Double) -> Int64? {
        guard micros > 0 else { return micros == 0 ? 0 : nil }
        return Int64(min((micros - 1e-6).rounded(.up), Double(most)))
    }
}
