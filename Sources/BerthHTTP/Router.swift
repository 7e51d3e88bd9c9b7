import BerthLoop

/// Finds the route of a request.
///
/// An unknown path is answered with 404, and a known path with another method with 405.
package struct Router: Sendable {
    /// Answers a request for a path that no route has.
    package typealias Missing = @Loop @Sendable (HTTPRequest) -> HTTPResponse

    private let routes: [Route]
    private let missing: Missing
    /// The routes without variables by path and method.
    ///
    /// Most requests use one of them.
    private let fixed: [String: [String: Route]]

    /// The usual answer for a path that no route has.
    package static var notFound: HTTPResponse { .error(404, "there is nothing at this path") }

    /// Makes a router that tries `routes` in order.
    ///
    /// `missing` answers for a path that none of them has.
    package init(_ routes: [Route], missing: @escaping Missing = { _ in Router.notFound }) {
        self.routes = routes
        self.missing = missing
        fixed = Router.fixed(routes)
    }

    private static func fixed(_ routes: [Route]) -> [String: [String: Route]] {
        var fixed: [String: [String: Route]] = [:]
        for route in routes where !route.hasVariables {
            // The first matching route, as without this table.
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
        let encoded = request.encodedPath
        if encoded == nil, let route = fixed[request.path]?[method] {
            return await route.handler(request, [])
        }
        let path = Route.segments(of: encoded ?? request.path[...])
        var allowed: [String] = []
        for route in routes {
            guard let values = route.match(path) else { continue }
            if route.method == method { return await route.handler(request, values) }
            if !allowed.contains(route.method) { allowed.append(route.method) }
        }
        if allowed.isEmpty { return missing(request) }
        var response = HTTPResponse.error(405, "this path takes \(allowed.joined(separator: ", "))")
        response.headers["allow"] = allowed.joined(separator: ", ")
        return response
    }
}
