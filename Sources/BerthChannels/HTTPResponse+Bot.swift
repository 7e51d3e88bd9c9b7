import BerthBot
package import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthQueue
import BerthStore
import BerthText
package import BerthWork

extension BotError {
    /// The error in OpenAI's shape, as an event of a stream carries it.
    var json: [UInt8] {
        guard case .bytes(let bytes) = HTTPResponse(self).body else { return [] }
        return bytes
    }
}

extension HTTPResponse {
    /// The answer to a request that the bot refused; `message` replaces the error's own words.
    package init(_ error: BotError, message: String? = nil) {
        let disposition = error.disposition
        self = .error(
            disposition.status,
            message ?? error.description,
            type: disposition.type,
            code: disposition.code,
            retryAfter: disposition.retryAfter
        )
        if case .unsupportedCoding = error { headers["accept-encoding"] = ContentCoding.accepted }
    }

    /// The answer to a request that is not what the API takes.
    static func refusal(_ refusal: ChatRequest.Refusal) -> HTTPResponse {
        let parameter = refusal.parameter.map(JSON.quote) ?? Array("null".utf8)
        let json =
            Array(#"{"error":{"message":"#.utf8) + JSON.quote(refusal.message)
            + Array(#","type":"invalid_request_error","param":"#.utf8) + parameter
            + Array(#","code":null}}"#.utf8)
        return .json(json, status: 400)
    }
}
