import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthText

/// The answers to requests whose `Host` is none of this service's names.
@Loop enum WrongHost {
    /// A page for a browser, and JSON for any other client.
    static func answer(_ request: HTTPRequest) -> HTTPResponse {
        let host = (request.headers["host"] ?? "").shortened(toBytes: 253)
        // A host that is no name or address is not worth a setting.
        let url = WebURL("http://\(host)").flatMap { $0.path.isEmpty ? $0.origin : nil }
        guard request.wantsPage else {
            return .error(
                421,
                "Berth does not answer to the name '\(host)' without a valid API key. "
                    + (url.map { "Its operator can add \($0) to 'url' in the configuration" }
                        ?? "Use the address that its operator has given you"),
                code: "wrong_host"
            )
        }
        var page = WebSite.page(
            WebFiles.host,
            in: request.language ?? .english,
            ["host": host, "url": url ?? "http://192.168.1.5:8080"]
        )
        page.status = 421
        page.headers["cache-control"] = "no-store"
        return page
    }
}
