import BerthLoop
import BerthText

extension HTTPResponse {
    /// Makes an error answer in OpenAI's form
    /// `{"error":{"message":…,"type":…,"param":null,"code":…}}`.
    ///
    /// All JSON errors of Berth have this form.
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
