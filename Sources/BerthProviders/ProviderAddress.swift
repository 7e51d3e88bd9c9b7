package import BerthConfig
package import BerthHTTP
package import BerthLoop
import BerthText

/// The reason why a provider's `base_url` does not lead to the API that its kind speaks.
///
/// All requests are free and go to the configured server alone.
package enum ProviderAddress {
    /// Another address of the same server.
    struct Candidate: Equatable {
        let kind: Configuration.Provider.Kind
        let url: WebURL
        /// The reason to try it, in words for the operator.
        let why: String
    }

    /// Looks for the fault of a provider's address.
    ///
    /// - Parameters:
    ///   - provider: the provider.
    ///   - list: its answer to the request for its models.
    ///   - client: sends the requests.
    ///   - clock: bounds their time.
    /// - Returns: the fault and what to change, or nil if the address seems right.
    @Loop package static func fault(
        of provider: Configuration.Provider,
        _ list: ModelList,
        _ client: any HTTPSending,
        by clock: any Clock
    ) async -> String? {
        // fal's queue takes any path for a model's name.
        guard provider.kind != .fal else { return nil }
        switch list {
        case .models:
            // A list proves the address, unless its path is odd or the API of the kind is elsewhere.
            guard !isDoubtful(provider) else { break }
            guard provider.kind == .anthropic, await lacksChat(provider, client) else { return nil }
        case .page, .none: break
        case .refused(let status):
            // A refused key proves the address of most APIs.
            if [401, 403].contains(status), !isDoubtful(provider) { return nil }
        case .unreachable(let reason): return scheme(provider, reason)
        }
        for candidate in candidates(provider.kind, provider.baseURL) {
            var other = provider
            (other.kind, other.baseURL) = (candidate.kind, candidate.url)
            guard case .models(let names) = await ModelList.fetch(of: other, client, by: clock),
                !names.isEmpty
            else { continue }
            if other.kind == .anthropic, await lacksChat(other, client) { continue }
            return "\(candidate.why): \(change(to: candidate, from: provider)), where a list of "
                + "models is"
        }
        if let sure = candidates(provider.kind, provider.baseURL).first(where: \.isSure) {
            return "\(sure.why): \(change(to: sure, from: provider))"
        }
        guard case .none = list, await lacksChat(provider, client) else { return nil }
        let url = "\(provider.baseURL)" + chatPath(provider)
        return "nothing answers at \(url): check its base_url, which ends in /v1 at most servers"
    }

    private static func change(
        to candidate: Candidate,
        from provider: Configuration.Provider
    ) -> String {
        let kind = candidate.kind == provider.kind ? "" : "kind: \(candidate.kind) and "
        return "set \(kind)base_url: \(candidate.url)"
    }

    /// Whether the path itself is a reason to look further.
    private static func isDoubtful(_ provider: Configuration.Provider) -> Bool {
        candidates(provider.kind, provider.baseURL).contains { $0.isSure }
    }

    /// The words about a scheme that the server does not speak.
    private static func scheme(_ provider: Configuration.Provider, _ reason: String) -> String? {
        let small = reason.lowercased()
        guard provider.baseURL.isSecure else {
            // A server for TLS ends a connection on which it is not greeted.
            guard small.contains("closed the connection without answering") else { return nil }
            let rest = provider.baseURL.description.dropFirst("http".utf8.count)
            return "\(reason); if it speaks TLS, set base_url: https\(rest)"
        }
        guard
            small.contains("wrong version number") || small.contains("packet length")
        else { return nil }
        let rest = provider.baseURL.description.dropFirst("https".utf8.count)
        return "the server does not speak TLS: set base_url: http\(rest)"
    }

    // MARK: Addresses

    /// The paths of the APIs, which an address must not end with because Berth appends them.
    private static let endpoints = [
        "/chat/completions", "/completions", "/models", "/messages", "/responses", "/embeddings",
        "/api/chat", "/api/generate", "/api/tags",
    ]
    /// The parts of a path below which servers have an API like OpenAI's.
    private static let bases = [
        "/v1", "/api/v1", "/openai/v1", "/v1beta/openai", "/compatibility/v1",
        "/compatible-mode/v1", "/inference/v1", "/api/openai/v1", "",
    ]

    /// The addresses to try, the likeliest first.
    static func candidates(
        _ kind: Configuration.Provider.Kind,
        _ url: WebURL
    ) -> [Candidate] {
        guard kind != .fal else { return [] }
        var found: [Candidate] = []
        func add(_ kind: Configuration.Provider.Kind, _ path: String, _ why: String) {
            guard let other = WebURL(url.origin + path) else { return }
            let isKnown = found.contains { $0.kind == kind && $0.url == other }
            if !isKnown { found.append(Candidate(kind: kind, url: other, why: why)) }
        }
        let path = url.path
        if let end = endpoints.first(where: { path.hasSuffix($0) }) {
            let rest = String(path.dropLast(end.count))
            let isVersion = kind == .anthropic && rest.hasSuffix("/v1")
            add(
                kind,
                isVersion ? String(rest.dropLast(3)) : rest,
                "base_url ends in '\(end)', \(appended)"
            )
        }
        if let half = doubled(path) {
            add(kind, half, "the path of base_url stands twice in it")
        }
        let isVersioned = path.hasSuffix("/v1")
        if kind == .anthropic, isVersioned {
            add(kind, String(path.dropLast(3)), "base_url ends in '/v1', \(appended)")
        }
        if kind == .openai, url.host == "api.anthropic.com" {
            add(.anthropic, "", "this is Anthropic's API")
        }
        if kind == .openai {
            for base in bases {
                add(kind, path + base, "base_url lacks '\(base)'")
            }
            for base in bases { add(kind, base, "base_url has another path than the API") }
            add(
                .anthropic,
                isVersioned ? String(path.dropLast(3)) : path,
                "this is Anthropic's API"
            )
        } else {
            add(.openai, path + (isVersioned ? "" : "/v1"), "this is an API like OpenAI's")
            add(kind, "", "base_url has another path than the API")
        }
        return found.filter { $0.kind != kind || $0.url != url }
    }

    fileprivate static let appended = "which Berth appends itself"

    /// The path without its second half, if it repeats the first, such as `/v1/v1`.
    private static func doubled(_ path: String) -> String? {
        let parts = path.split(separator: "/")
        for count in stride(from: parts.count / 2, to: 0, by: -1) {
            let end = parts.count - count
            guard parts[end...].elementsEqual(parts[(end - count)..<end]) else { continue }
            return parts[..<end].map { "/" + $0 }.joined()
        }
        return nil
    }

    // MARK: Requests

    /// The path below a provider's address to which chats are sent.
    private static func chatPath(_ provider: Configuration.Provider) -> String {
        provider.kind == .anthropic ? "/v1/messages" : "/chat/completions"
    }

    /// Whether nothing that takes chats is at an address: an empty request, which no server charges
    /// for, is refused with a status that is about the path.
    @Loop private static func lacksChat(
        _ provider: Configuration.Provider,
        _ client: any HTTPSending
    ) async -> Bool {
        var headers: HTTPHeaders = [:]
        if provider.kind == .anthropic {
            headers = AnthropicProvider.headers(key: provider.apiKey)
        } else if let key = provider.apiKey {
            headers["authorization"] = "Bearer \(key.reveal())"
        }
        headers["content-type"] = "application/json"
        var request = HTTPClientRequest("POST", chatPath(provider), of: provider, headers)
        request.body = Array("{}".utf8)
        guard let response = try? await client.send(request),
            let body = try? await response.collect(atMost: ModelList.limit)
        else { return false }
        guard [200, 404, 405].contains(response.status) else { return false }
        let start = BodyForm.trimmed(body[...])
        if BodyForm.of(start) == .page { return true }
        guard response.status != 200 else { return false }
        // An API that has the path may say with 404 that it does not know the model.
        let fault = UpstreamFault(body, status: response.status, hiding: provider.apiKey)
        return fault.reason?.lowercased().contains("model") != true
    }
}

extension ProviderAddress.Candidate {
    /// Whether the address is wrong for certain, even if no list is found elsewhere.
    fileprivate var isSure: Bool {
        why.hasSuffix(ProviderAddress.appended) || why.contains("stands twice")
    }
}
