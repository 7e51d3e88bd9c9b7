import BerthHTTP
import BerthLoop
import BerthText

/// The pages of other origins that may use the OpenAI-compatible API in a browser (`cors`).
///
/// Credentials are never allowed: such a page sends an API key, and no cookie opens the API.
///
/// Source: <https://fetch.spec.whatwg.org/#http-cors-protocol>, as of 2026-11.
struct CrossOrigin: Sendable {
    private let origins: Set<String>
    private let isAny: Bool

    /// The fields of an answer that a page may read.
    private static let exposed =
        "x-request-id, x-berth-cache, x-berth-idempotent, x-berth-max-tokens, retry-after, "
        + "x-should-retry"
    /// The seconds for which a browser remembers a permission.
    private static let age = 600

    /// Allows the origins of a configuration, of which `*` is every one.
    init(_ origins: [String]) {
        self.origins = Set(origins)
        isAny = origins.contains("*")
    }

    /// The answer to a browser's question whether a page may send a request.
    ///
    /// - Returns: nil if the request is no such question, or `cors` is not set.
    @Loop func preflight(_ request: HTTPRequest) -> HTTPResponse? {
        guard !origins.isEmpty, request.method == "OPTIONS", APIPath(request.path) != nil,
            let origin = request.headers["origin"],
            request.headers["access-control-request-method"] != nil
        else { return nil }
        guard isAllowed(origin) else {
            return .error(403, "'cors' does not list the origin '\(origin.shortened())'")
        }
        let asked = request.headers.all("access-control-request-headers")
            .flatMap { $0.split(separator: ",") }
            .map { String($0.drop { $0 == " " }) }
            .filter { HTTPHeaders.isToken($0) }
        var response = HTTPResponse(status: 204)
        response.headers["access-control-allow-methods"] = "GET, POST"
        if !asked.isEmpty {
            response.headers["access-control-allow-headers"] = asked.joined(separator: ", ")
        }
        response.headers["access-control-max-age"] = "\(CrossOrigin.age)"
        return response
    }

    /// Lets the page of an allowed origin read an answer of the API.
    @Loop func mark(_ response: inout HTTPResponse, to request: HTTPRequest) {
        guard !origins.isEmpty, APIPath(request.path) != nil else { return }
        if !isAny { response.headers.add("vary", "Origin") }
        guard let origin = request.headers["origin"], isAllowed(origin) else { return }
        response.headers["access-control-allow-origin"] = isAny ? "*" : origin
        response.headers["access-control-expose-headers"] = CrossOrigin.exposed
    }

    private func isAllowed(_ origin: String) -> Bool { isAny || origins.contains(origin) }
}
