package import BerthConfig
package import BerthHTTP
package import BerthLoop
package import BerthMemory
import BerthText

/// A provider's answer to a request for its list of models, which is free of charge.
package enum ModelList: Equatable, Sendable {
    /// The names of the models. OpenRouter has about 400.
    case models([String])
    /// The answer is a web page with that title, so the address is not that of an API.
    case page(title: String)
    /// The answer is not a list, because some servers do not offer one.
    case none
    /// The provider rejects the request, most likely because of the key.
    case refused(status: Int)
    /// The provider did not answer. `reason` is the network error.
    case unreachable(reason: String)

    /// The maximum size of an answer.
    ///
    /// OpenRouter's has about 600 KiB.
    package static let limit = ByteCount.mebibytes(2)
    /// The maximum number of names that are kept, and the maximum length of a name in bytes.
    private static let most = 2_000
    private static let longest = 200
    /// The time until the list's last byte.
    package static let patience = Duration.seconds(20)

    /// Requests the list of models from `provider`, within ``patience`` by `clock`.
    ///
    /// OpenAI's and Anthropic's answers have the same format.
    /// Source: <https://platform.claude.com/docs/en/api/models-list>, as of 2026-11.
    @Loop package static func fetch(
        of provider: Configuration.Provider,
        _ client: any HTTPSending,
        by clock: any Clock
    ) async -> ModelList {
        do {
            let asked = clock.now
            let response = try await client.send(request(to: provider))
            let left = max(.zero, patience - (clock.now - asked))
            let timer = clock.schedule(after: left) { response.giveUp(after: patience) }
            defer { timer.cancel() }
            switch response.status {
            case 200:
                let body = try await response.collect(atMost: limit)
                return await LargeWork.run(on: body.count) { read(body) }
            case 404, 405, 501: return .none
            // fal has no list. It knows no such request.
            case 400 where provider.kind == .fal, 422 where provider.kind == .fal: return .none
            default: return .refused(status: response.status)
            }
        } catch { return .unreachable(reason: error.description) }
    }

    private static func request(to provider: Configuration.Provider) -> HTTPClientRequest {
        var (path, headers): (String, HTTPHeaders) = ("/models", [:])
        if provider.kind == .fal {
            // The status of a request that does not exist.
            path = "/fal-ai/flux/requests/00000000-0000-0000-0000-000000000000/status"
            if let key = provider.apiKey { headers["authorization"] = "Key \(key.reveal())" }
        } else if provider.kind == .anthropic {
            // Pages have 20 models by default and 1,000 at most.
            path = "/v1/models?limit=1000"
            headers = AnthropicProvider.headers(key: provider.apiKey)
        } else if let key = provider.apiKey {
            headers["authorization"] = "Bearer \(key.reveal())"
        }
        return HTTPClientRequest("GET", path, of: provider, headers)
    }

    private static func read(_ bytes: [UInt8]) -> ModelList {
        let body = BodyForm.trimmed(bytes[...])
        if BodyForm.of(body) == .page {
            let fault = UpstreamFault(text: Array(body), hiding: nil)
            return .page(title: fault.reason ?? "")
        }
        guard let object = try? JSONObject(answer: Array(body)), let data = object.elements("data")
        else {
            return .none
        }
        let names = data.prefix(most).compactMap { object.object(at: $0)?.string("id") }
        return .models(names.filter { $0.utf8.count <= longest })
    }

    // MARK: Names

    /// Whether a provider that lists `names` has `model`.
    ///
    /// The listed name may differ. For example, Ollama lists `llama3.2:latest` for `llama3.2`,
    /// OpenRouter `a/b` for `a/b:online`, and Anthropic `claude-haiku-4-5-20251001` for
    /// `claude-haiku-4-5`.
    package static func has(_ model: String, in names: [String]) -> Bool {
        let plain = model.split(separator: ":", maxSplits: 1).first.map(String.init) ?? model
        return names.contains { name in
            if [model, model + ":latest", plain].contains(name) { return true }
            let date = name.utf8.dropFirst(model.utf8.count + 1)
            return name.hasPrefix(model + "-") && date.count == 8
                && date.allSatisfy { (0x30...0x39).contains($0) }
        }
    }

    /// The most names that advice has.
    private static let mostNamed = 8

    /// Returns advice for a model that is not in a provider's list.
    package static func advice(for model: String, in names: [String]) -> String {
        guard let near = Nearest.name(to: model, in: names) else {
            guard !names.isEmpty else { return "its list is empty" }
            let rest = names.count > mostNamed ? " and \(names.count - mostNamed) more" : ""
            return "it lists \(names.prefix(mostNamed).joined(separator: ", "))\(rest)"
        }
        return "did you mean '\(near)'?"
    }
}

extension HTTPClientRequest {
    /// Makes a request about a provider, which is answered soon or not at all.
    init(
        _ method: String,
        _ path: String,
        of provider: Configuration.Provider,
        _ headers: HTTPHeaders
    ) {
        self.init(
            method: method,
            url: "\(provider.baseURL)\(path)",
            headers: headers,
            deadlines: HTTPClientDeadlines(
                connect: .seconds(5),
                firstByte: .seconds(10),
                stall: .seconds(5)
            )
        )
        route = HTTPClientRoute(provider)
        decodesBody = true
    }
}
