/// A path of the OpenAI-compatible API, as a client builds it from its base URL.
struct APIPath {
    /// The path without `/v1` before it, such as `chat/completions`.
    let name: String

    /// The prefixes under which each endpoint is served.
    ///
    /// The documented base URL ends with `/v1`. A client that adds `/v1` by itself doubles it, and a
    /// base URL without it leaves it out.
    static let prefixes = ["/v1", "/v1/v1", ""]

    /// The endpoints under `/v1`, in the order in which a client is told of them.
    static let endpoints = [
        "chat/completions", "completions", "embeddings", "images/generations", "images/edits",
        "models",
    ]

    /// Reads a path; nil if it is no path of the API.
    init?(_ path: String) {
        var rest = path.utf8[...]
        let version = "/v1".utf8
        while rest.starts(with: version) {
            let after = rest.dropFirst(version.count)
            guard after.isEmpty || after.first == UInt8(ascii: "/") else { break }
            rest = after
        }
        let name = String(decoding: rest.drop { $0 == UInt8(ascii: "/") }, as: UTF8.self)
        let first = name.split(separator: "/", maxSplits: 1).first ?? ""
        guard rest.count < path.utf8.count || APIPath.roots.contains(String(first)) else {
            return nil
        }
        self.name = name
    }

    /// The first parts of the endpoints.
    private static let roots = Set(
        endpoints.compactMap { $0.split(separator: "/").first.map { String($0) } }
    )
}
