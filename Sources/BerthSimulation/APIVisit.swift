import BerthHTTP
import BerthLoop
import BerthText

/// A program with a key: each question is a request of its own, streamed.
@Loop final class APIVisit: Visit {
    private let line: Line
    private let headers: HTTPHeaders

    init(_ line: Line, _ admission: Admission) {
        self.line = line
        headers = [
            "authorization": "Bearer \(admission.key)", "content-type": "application/json",
        ]
    }

    /// Sees that the key is known, so that a wrong URL is not a thousand refusals.
    func enter() async throws {
        let request = HTTPClientRequest(
            method: "GET",
            url: "\(line.origin)/v1/models",
            headers: headers
        )
        let (status, _) = try await line.ask(request)
        guard status == 200 else {
            throw EntryError(
                description: "\(line.origin) does not know the key of a tenant that was just made "
                    + "(status \(status)): name its own configuration with --config"
            )
        }
    }

    func ask(_ turn: PlannedTurn) async -> TurnResult {
        let text = String(decoding: JSON.quote(turn.text), as: UTF8.self)
        let body =
            #"{"model":"berth","stream":true,"messages":[{"role":"user","content":\#(text)}]}"#
        let request = HTTPClientRequest(
            url: "\(line.origin)/v1/chat/completions",
            headers: headers,
            body: Array(body.utf8)
        )
        return await line.turn(request, by: .api)
    }
}
