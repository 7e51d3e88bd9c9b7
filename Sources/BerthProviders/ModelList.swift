package import BerthConfig
package import BerthHTTP
import BerthLoop
package import BerthMemory
import BerthText

/// What a provider said when it was asked which models it has, which costs nothing.
package enum ModelList: Equatable, Sendable {
    /// Their names; OpenRouter has some 400.
    case models([String])
    /// It answers, but not with a list: not all servers have one.
    case none
    /// It refuses: most likely the key.
    case refused(status: Int)
    /// It did not answer; the reason is the network's.
    case unreachable(reason: String)

    /// The longest answer that is read; OpenRouter's has about 600 KiB.
    package static let limit = ByteCount.mebibytes(2)
    /// The most names that are kept, and their longest.
    private static let (most, longest) = (2_000, 200)

    /// Asks `provider`, within 20 s.
    ///
    /// OpenAI's answer and Anthropic's have the same shape. Source: facts/protocols.md, section 2, and
    /// <https://platform.claude.com/docs/en/api/models-list>, as of 2026-11.
    @Loop package static func fetch(
        of provider: Configuration.Provider,
        _ client: any HTTPSending
    ) async -> ModelList {
        do {
            let response = try await client.send(request(to: provider))
            switch response.status {
            case 200: return try await read(response.collect(atMost: limit))
            case 404, 405, 501: return .none
            default: return .refused(status: response.status)
            }
        } catch { return .unreachable(reason: error.description) }
    }

    private static func request(to provider: Configuration.Provider) -> HTTPClientRequest {
        var (path, headers): (String, HTTPHeaders) = ("/models", [:])
        if provider.kind == .anthropic {
            // It has pages of 20, of 1,000 at most.
            path = "/v1/models?limit=1000"
            headers = AnthropicProvider.headers(key: provider.apiKey)
        } else if let key = provider.apiKey {
            headers["authorization"] = "Bearer \(key.reveal())"
        }
        var request = HTTPClientRequest(
            method: "GET",
            url: "\(provider.baseURL)\(path)",
            headers: headers
        )
        request.deadlines = HTTPClientDeadlines(
            connect: .seconds(5),
            firstByte: .seconds(10),
            stall: .seconds(5)
        )
        return request
    }

    private static func read(_ bytes: [UInt8]) -> ModelList {
        guard let object = try? JSONObject(bytes), let data = object.elements("data") else {
            return .none
        }
        let names = data.prefix(most).compactMap { object.object(at: $0)?.string("id") }
        return .models(names.filter { $0.utf8.count <= longest })
    }

    // MARK: Names

    /// Whether a provider that lists `names` has `model`.
    ///
    /// The list need not have it word for word. Ollama lists `llama3.2:latest` for `llama3.2`, OpenRouter `a/b` for `a/b:online`,
    /// Anthropic `claude-haiku-4-5-20251001` for `claude-haiku-4-5`.
    package static func has(_ model: String, in names: [String]) -> Bool {
        let plain = model.split(separator: ":", maxSplits: 1).first.map(String.init) ?? model
        return names.contains { name in
            if [model, model + ":latest", plain].contains(name) { return true }
            let date = name.dropFirst(model.count + 1)
            return name.hasPrefix(model + "-") && date.count == 8 && date.allSatisfy(\.isNumber)
        }
    }

    /// What to say of a model that is not in a provider's list.
    package static func advice(for model: String, in names: [String]) -> String {
        guard let near = Nearest.name(to: model, in: names) else {
            return "none of the \(names.count) models it lists has a similar name"
        }
        return "did you mean '\(near)'?"
    }
}
