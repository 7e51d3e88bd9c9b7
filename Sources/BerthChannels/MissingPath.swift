import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthText

/// The answer for a path that no route has.
///
/// For a path of a known API it names the endpoints that there are and the change to the client, in
/// the error form of that API.
struct MissingPath: Sendable {
    private let base: String

    /// Makes the answers of the service at `url`.
    init(url: WebURL) { base = "\(url)/v1" }

    /// The APIs that clients speak.
    private enum Dialect { case openAI, anthropic, ollama }

    /// Endpoints of Anthropic's API, by their first part.
    private static let anthropic: Set = ["messages", "complete"]

    /// Endpoints of Ollama's own API under `/api`.
    private static let ollama: Set = [
        "tags", "version", "chat", "generate", "show", "ps", "embed", "embeddings", "pull", "push",
        "create", "copy", "delete", "blobs", "me",
    ]

    /// First parts of paths that belong to an API of models, below `/v1` or without it.
    private static let known: Set = [
        "api", "openai", "v1beta", "responses", "conversations", "audio", "moderations", "files",
        "uploads", "batches", "assistants", "threads", "vector_stores", "fine_tuning", "realtime",
        "containers", "evals", "videos", "rerank", "chat",
    ]

    /// Answers a request for a path that no route has.
    @Loop func answer(_ request: HTTPRequest) -> HTTPResponse {
        let name = APIPath(request.path)?.name ?? String(request.path.dropFirst())
        let parts = name.split(separator: "/", maxSplits: 2).map { String($0.cut(toBytes: 32)) }
        let first = parts.first ?? ""
        let isAPI = APIPath(request.path) != nil || MissingPath.known.contains(first)
        let dialect = MissingPath.dialect(parts)
        guard isAPI || dialect != .openAI else {
            return request.wantsPage ? MissingPath.page(request) : Router.notFound
        }
        let has = APIPath.endpoints.map { "/v1/\($0)" }
        let path = request.path.shortened(toBytes: 80)
        let words =
            "Berth has no \(path). It has \(has.dropLast().joined(separator: ", ")) and "
            + "\(has.last ?? ""). \(advice(first, dialect))"
        return MissingPath.error(words, in: dialect)
    }

    @Loop private static func page(_ request: HTTPRequest) -> HTTPResponse {
        var page = WebSite.page(WebFiles.missing, in: request.language ?? .english)
        page.status = 404
        page.headers["cache-control"] = "no-store"
        return page
    }

    private static func dialect(_ parts: [String]) -> Dialect {
        guard let first = parts.first else { return .openAI }
        if anthropic.contains(first) { return .anthropic }
        return first == "api" && parts.count > 1 && ollama.contains(parts[1]) ? .ollama : .openAI
    }

    private func advice(_ first: String, _ dialect: Dialect) -> String {
        switch dialect {
        case .anthropic:
            return "Use a client for OpenAI's chat completions, with the base URL \(base)."
        case .ollama:
            return "Set the client to an OpenAI-compatible server with the base URL \(base) and an "
                + "API key."
        case .openAI: break
        }
        switch first {
        case "responses", "conversations":
            return "Set the client to chat completions instead of the Responses API."
        case "assistants", "threads", "vector_stores":
            return "Set the client to chat completions instead of the Assistants API."
        case "audio", "moderations", "files", "uploads", "batches", "fine_tuning", "realtime",
            "containers", "evals", "videos", "rerank":
            return "Turn this off in the client, or have another server do it."
        default: return "Set the client's base URL to \(base)."
        }
    }

    private static func error(_ words: String, in dialect: Dialect) -> HTTPResponse {
        let quoted = HTTPResponse.quoted(words)
        switch dialect {
        case .openAI: return .error(404, words, code: "unknown_url")
        case .anthropic:
            let head = Array(#"{"type":"error","error":{"type":"not_found_error","message":"#.utf8)
            return .json(head + quoted + Array("}}".utf8), status: 404)
        case .ollama:
            return .json(Array(#"{"error":"#.utf8) + quoted + Array("}".utf8), status: 404)
        }
    }
}
