import BerthLoop
import BerthText

/// One path and method, and who answers.
package struct Route: Sendable {
    /// Takes the request and what stood at the pattern's variable places, in order.
    package typealias Handler = @Loop @Sendable (HTTPRequest, [String]) async -> HTTPResponse

    let method: String
    let segments: [Substring]
    let handler: Handler

    /// Makes a route.
    ///
    /// - Parameters:
    ///   - method: as `GET`; a route for GET answers HEAD too.
    ///   - pattern: as `/web/turns/:id/stop`; a last segment `*` takes the rest of the path,
    ///     slashes included.
    ///   - handler: answers.
    package init(_ method: String, _ pattern: String, _ handler: @escaping Handler) {
        self.method = method
        segments = pattern.split(separator: "/")
        self.handler = handler
    }

    var hasVariables: Bool { segments.contains { $0 == "*" || $0.first == ":" } }

    /// What stands at the variable places of `path`; nil when the path is another.
    func match(_ path: [Substring]) -> [String]? {
        var values: [String] = []
        for (index, segment) in segments.enumerated() {
            if segment == "*" {
                guard index < path.count else { return nil }
                return values + [path[index...].joined(separator: "/")]
            }
            guard index < path.count else { return nil }
            if segment.first == ":" {
                values.append(String(path[index]))
            } else if segment != path[index] {
                return nil
            }
        }
        return path.count == segments.count ? values : nil
    }
}

/// Finds the route of a request; an unknown path is 404, a known one with another method 405.
package struct Router: Sendable {
    private let routes: [Route]
    /// What answers each method at a path without variable places: what is asked for most.
    private let fixed: [String: [String: Route]]

    /// Makes a router that tries `routes` in order.
    package init(_ routes: [Route]) {
        self.routes = routes
        fixed = Router.fixed(routes)
    }

    private static func fixed(_ routes: [Route]) -> [String: [String: Route]] {
        var fixed: [String: [String: Route]] = [:]
        for route in routes where !route.hasVariables {
            // The first that answers, as without this table.
            let first = routes.first {
                $0.method == route.method && $0.match(route.segments) != nil
            }
            if let first, !first.hasVariables {
                fixed["/" + route.segments.joined(separator: "/"), default: [:]][route.method] =
                    first
            }
        }
        return fixed
    }

    /// Answers `request`.
    @Loop package func answer(_ request: HTTPRequest) async -> HTTPResponse {
        let method = request.method == "HEAD" ? "GET" : request.method
        if let route = fixed[request.path]?[method] { return await route.handler(request, []) }
        let path = request.path.split(separator: "/")
        var allowed: [String] = []
        for route in routes {
            guard let values = route.match(path) else { continue }
            if route.method == method { return await route.handler(request, values) }
            if !allowed.contains(route.method) { allowed.append(route.method) }
        }
        if allowed.isEmpty { return .error(404, "there is nothing at this path") }
        var response = HTTPResponse.error(405, "this path takes \(allowed.joined(separator: ", "))")
        response.headers["allow"] = allowed.joined(separator: ", ")
        return response
    }
}

extension HTTPResponse {
    /// An error in OpenAI's shape, which all of Berth's JSON errors have:
    /// `{"error":{"message":…,"type":…,"param":null,"code":…}}`.
    package static func error(
        _ status: Int,
        _ message: String,
        type: String? = nil,
        code: String? = nil,
        retryAfter: Duration? = nil
    ) -> HTTPResponse {
        let kind = type ?? (status >= 500 ? "server_error" : "invalid_request_error")
        var json = Array(#"{"error":{"message":"#.utf8) + JSON.quote(message)
        json += Array(#","type":"#.utf8) + JSON.quote(kind) + Array(#","param":null,"code":"#.utf8)
        json += code.map(JSON.quote) ?? Array("null".utf8)
        var response = HTTPResponse.json(json + Array("}}".utf8), status: status)
        if let retryAfter {
            response.headers["retry-after"] = "\(retryAfter.secondsRoundedUp)"
        }
        return response
    }
}
