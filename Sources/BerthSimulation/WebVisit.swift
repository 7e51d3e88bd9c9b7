import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthText

/// Somebody at the chat page: a login, then conversations with the cookie it gave.
@Loop final class WebVisit: Visit {
    private let line: Line
    private let admission: Admission
    private let source: IPAddress?
    private var headers: HTTPHeaders
    private var conversation: String?

    /// Tries of a login, 7 s apart: the service takes ten a minute of one address.
    private static nonisolated let mostTries = 200

    /// Logs in from `source`, an address of this machine; nil: whichever the kernel takes.
    init(_ line: Line, _ admission: Admission, from source: IPAddress?) {
        self.line = line
        self.admission = admission
        self.source = source
        headers = ["origin": line.origin, "content-type": "application/json"]
    }

    func enter() async throws {
        for _ in 0..<WebVisit.mostTries {
            var request = HTTPClientRequest(
                url: "\(line.origin)/login",
                headers: [
                    "origin": line.origin,
                    "content-type": "application/x-www-form-urlencoded",
                ],
                body: Array("token=\(admission.token)".utf8)
            )
            request.source = source
            let response = try await line.client.send(request)
            _ = try await response.collect(atMost: .kibibytes(256))
            if response.status == 429 {
                try await line.surroundings.clock.sleep(for: .seconds(7))
                continue
            }
            guard response.status == 303, let cookie = response.headers["set-cookie"] else {
                throw EntryError(
                    description: "\(line.origin) refused a login link that was just made "
                        + "(status \(response.status)): is it the service of --config?"
                )
            }
            headers["cookie"] = String(cookie.prefix { $0 != ";" })
            return
        }
        throw EntryError(description: "\(line.origin) takes no more logins: try again in a minute")
    }

    func ask(_ turn: PlannedTurn) async -> TurnResult {
        let begun = line.surroundings.clock.now
        let place: String
        do throws(HTTPClientError) {
            // What many ask is asked afresh: with a history it would be another question.
            if turn.isRepeated || conversation == nil {
                if let verdict = try await begin() {
                    return TurnResult(verdict: verdict, full: line.surroundings.clock.now - begun)
                }
            }
            place = conversation ?? ""
        } catch {
            return TurnResult(verdict: Verdict(error), full: line.surroundings.clock.now - begun)
        }
        let body = Array(#"{"text":"#.utf8) + JSON.quote(turn.text) + Array("}".utf8)
        return await line.turn(
            request("POST", "/web/sessions/\(place)/turns", body),
            by: .web
        )
    }

    /// Begins a conversation in the place of the last one, because a tenant's number is bounded.
    ///
    /// - Returns: nil when it was begun.
    private func begin() async throws(HTTPClientError) -> Verdict? {
        if let last = conversation {
            conversation = nil
            // One that stays is no loss of an answer.
            _ = try await line.ask(request("DELETE", "/web/sessions/\(last)"))
        }
        let (status, body) = try await line.ask(request("POST", "/web/sessions", Array("{}".utf8)))
        guard status == 201, let id = (try? JSONObject(body))?.string("id") else {
            return Verdict(status: status, body: body)
        }
        conversation = id
        return nil
    }

    private func request(_ method: String, _ path: String, _ body: [UInt8] = [])
        -> HTTPClientRequest
    {
        HTTPClientRequest(
            method: method,
            url: line.origin + path,
            headers: headers,
            body: body
        )
    }
}
