import BerthBot
package import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthQueue
import BerthStore
import BerthTelemetry
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

    /// The answer to a request that failed for a reason without words for its sender, which the log
    /// gets.
    @Loop static func failure(
        _ error: any Error,
        _ request: HTTPRequest,
        _ language: Language = .english,
        in surroundings: Surroundings
    ) -> HTTPResponse {
        surroundings.log.error(
            "request failed for an unexpected reason",
            ["request": .text(request.id), "why": .text("\(error)")]
        )
        return .error(500, Phrase(.serviceFailed).text(in: language))
    }

    /// The answer to a request that is not what the API takes.
    static func refusal(_ refusal: ChatRequest.Refusal) -> HTTPResponse {
        let parameter = refusal.parameter.map(HTTPResponse.quoted) ?? Array("null".utf8)
        let json =
            Array(#"{"error":{"message":"#.utf8) + HTTPResponse.quoted(refusal.message)
            + Array(#","type":"invalid_request_error","param":"#.utf8) + parameter
            + Array(#","code":null}}"#.utf8)
        return .json(json, status: 400)
    }
}
