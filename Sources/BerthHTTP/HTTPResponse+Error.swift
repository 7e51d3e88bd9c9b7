import BerthLoop
import BerthText

extension HTTPResponse {
    /// Makes an error answer in OpenAI's form
    /// `{"error":{"message":…,"type":…,"param":null,"code":…}}`.
    ///
    /// All JSON errors of Berth have this form.
    ///
    /// The answer has at most 2 KiB. Longer words are cut, because a client or a provider may
    /// choose a part of them.
    package static func error(
        _ status: Int,
        _ message: String,
        type: String? = nil,
        code: String? = nil,
        retryAfter: Duration? = nil
    ) -> HTTPResponse {
        let kind = type ?? (status >= 500 ? "server_error" : "invalid_request_error")
        var json = Array(#"{"error":{"message":"#.utf8) + quoted(message)
        json += Array(#","type":"#.utf8) + JSON.quote(kind) + Array(#","param":null,"code":"#.utf8)
        json += code.map { JSON.quote($0.cut(toBytes: 40)) } ?? Array("null".utf8)
        var response = HTTPResponse.json(json + Array("}}".utf8), status: status)
        if let retryAfter {
            response.headers["retry-after"] = "\(retryAfter.secondsRoundedUp)"
        }
        return response
    }

    /// The most bytes of an error's words as JSON.
    private static let mostWords = 1536

    /// An error's words as a JSON string of a bounded size.
    package static func quoted(_ words: String) -> [UInt8] {
        var size = mostWords
        // A control character takes six bytes of JSON.
        while true {
            let quoted = JSON.quote(words.shortened(toBytes: size))
            if quoted.count <= mostWords + 8 { return quoted }
            size /= 2
        }
    }
}
