import BerthLoop

/// The handler of one method at one path.
package struct Route: Sendable {
    /// Answers a request.
    ///
    /// The texts are the values of the pattern's variables, in order.
    package typealias Handler = @Loop @Sendable (HTTPRequest, [String]) async -> HTTPResponse

    let method: String
    /// The pattern of the paths that it answers.
    package let path: String
    let segments: [Substring]
    let handler: Handler

    /// Makes a route.
    ///
    /// - Parameters:
    ///   - method: the method, such as `GET`. A route for GET also answers HEAD.
    ///   - pattern: the path, such as `/web/turns/:id/stop`. A last segment `*` matches the rest of
    ///     the path, including slashes.
    ///   - handler: answers the request.
    package init(_ method: String, _ pattern: String, _ handler: @escaping Handler) {
        self.method = method
        path = pattern
        segments = pattern.split(separator: "/")
        self.handler = handler
    }

    var hasVariables: Bool { segments.contains { $0 == "*" || $0.first == ":" } }

    /// The values of the variables in `path`, or nil if it does not match.
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
