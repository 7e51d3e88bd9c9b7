import BerthHTTP
import BerthLoop
import BerthText

/// The reports of ``FakeFal`` about jobs that have ended, signed as fal's are.
@Loop final class FakeFalReporter {
    private let client: any HTTPSending
    private let clock: any Clock
    private let tasks = TaskPool()
    private let key: Ed25519Key

    /// Makes a reporter with the same key each time.
    nonisolated init?(_ client: any HTTPSending, _ clock: any Clock) {
        guard let key = Ed25519Key(seed: Secret256.hash("the fake's key")) else { return nil }
        self.key = key
        self.client = client
        self.clock = clock
    }

    /// The public key, as fal publishes its own.
    var keys: HTTPResponse {
        let x = key.publicKey.base64url
        return .json(Array(#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"\#(x)"}]}"#.utf8))
    }

    /// Sends a report about a job with the result `payload` to `url`.
    func report(_ id: String, _ payload: [UInt8], to url: String) {
        let request = signed(id, payload, to: url)
        tasks.spawn { [client] in
            guard let response = try? await client.send(request) else { return }
            response.cancel()
        }
    }

    private func signed(_ id: String, _ payload: [UInt8], to url: String) -> HTTPClientRequest {
        let head = #"{"request_id":"\#(id)","gateway_request_id":"\#(id)","status":"OK","payload":"#
        let body = Array(head.utf8) + payload + [UInt8(ascii: "}")]
        let time = "\(clock.timestamp.milliseconds / 1000)"
        let hash = Secret256.digest([body[...]]).hex
        let message = Array([id, "fake-user", time, hash].joined(separator: "\n").utf8)
        return HTTPClientRequest(
            url: url,
            headers: [
                "content-type": "application/json", "x-fal-webhook-request-id": id,
                "x-fal-webhook-user-id": "fake-user", "x-fal-webhook-timestamp": time,
                "x-fal-webhook-signature": key.sign(message).hex,
            ],
            body: body
        )
    }
}
