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
    ///     the path, including slashes. Every other part must be sent as it stands here: another
    ///     spelling (`//`, a slash at the end, `.`, `..`, an encoded letter) is another path.
    ///   - handler: answers the request.
    package init(_ method: String, _ pattern: String, _ handler: @escaping Handler) {
        self.method = method
        path = pattern
        segments = pattern.split(separator: "/")
        self.handler = handler
    }

    var hasVariables: Bool { segments.contains { $0 == "*" || $0.first == ":" } }

    /// The segments of a path, which begins with a slash or is `*`.
    ///
    /// Empty segments count, so a doubled slash or one at the end is not overlooked.
    static func segments(of path: Substring) -> [Substring] {
        if path == "/" { return [] }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return path.first == "/" ? Array(parts.dropFirst()) : parts
    }

    /// Compares a path with the pattern.
    ///
    /// - Parameter path: the segments of the path as it was sent.
    /// - Returns: the decoded values of the variables, or nil if the path does not match.
    func match(_ path: [Substring]) -> [String]? {
        var values: [String] = []
        for (index, segment) in segments.enumerated() {
            guard index < path.count else { return nil }
            if segment == "*" {
                guard let rest = HTTPTarget.decoded(path[index...].joined(separator: "/")[...]),
                    !rest.isEmpty
                else { return nil }
                return values + [rest]
            }
            if segment.first == ":" {
                guard let value = Route.value(of: path[index]) else { return nil }
                values.append(value)
            } else if segment != path[index] {
                return nil
            }
        }
        return path.count == segments.count ? values : nil
    }

    /// The decoded segment, or nil if it is empty or a step in a folder.
    private static func value(of segment: Substring) -> String? {
        guard let value = HTTPTarget.decoded(segment), !["", ".", ".."].contains(value) else {
            return nil
        }
        return value
    }
}
