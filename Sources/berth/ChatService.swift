import BerthAdmin
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthText
import Glibc

/// A client of the service's terminal conversations.
@Loop final class ChatService {
    private let client = HTTPClient(in: Surroundings(log: .silent))
    private let base: String
    private let socket: String?
    private let headers: HTTPHeaders

    /// An error in the service's words.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Finds the service of a configuration file.
    ///
    /// Reads no more of the file than its address.
    init(_ choices: ChatChoices, file: String?) throws {
        switch choices.identity {
        case .key(let key):
            let url =
                try choices.url
                ?? ConfigurationFile.url(path: file, environment: Environment.value)
            // The address of the API, as README gives it to programs, means the same service.
            let address = "\(url)"
            base = (address.hasSuffix("/v1") ? "\(address.dropLast(3))" : address) + "/terminal"
            socket = nil
            headers = [
                "authorization": "Bearer \(key.reveal())", "content-type": "application/json",
            ]
        case .tenant(let name):
            base = "http://localhost/terminal"
            socket = try AdminClient.socket(file: file)
            headers = [AdminServer.tenantHeader: name, "content-type": "application/json"]
        }
    }

    /// Begins a conversation.
    ///
    /// - Returns: the conversation's public id.
    func begin(model: String?) async throws -> String {
        let response = try await send("POST", "/sessions", Array("{}".utf8))
        let bytes = try await response.collect(atMost: .kibibytes(64))
        guard let id = (try? JSONObject(bytes))?.string("id") else {
            throw Failure(description: "the service's response is not understood")
        }
        if let model {
            let body = Array(#"{"model":"#.utf8) + JSON.quote(model) + Array("}".utf8)
            _ = try await send("PATCH", "/sessions/\(id)", body)
        }
        return id
    }

    /// Sends a message.
    ///
    /// - Returns: the answer's events.
    func ask(_ text: String, in session: String) async throws -> HTTPClientResponse {
        let body = Array(#"{"text":"#.utf8) + JSON.quote(text) + Array("}".utf8)
        return try await send("POST", "/sessions/\(session)/turns", body)
    }

    /// Reads the events of an answer until `take` returns its outcome.
    ///
    /// - Throws: ``Failure`` if they end before.
    func read<Outcome>(
        _ response: HTTPClientResponse,
        _ take: (String?, JSONObject) -> Outcome?
    ) async throws -> Outcome {
        var parser = SSEParser()
        while let piece = try await response.next() {
            for event in try parser.feed(piece) {
                guard let data = try? JSONObject(event.data) else { continue }
                if let outcome = take(event.event, data) { return outcome }
            }
        }
        throw Failure(description: "the connection ended before the answer did")
    }

    /// Stops an answer.
    func stop(_ turn: String) async throws { _ = try await send("POST", "/turns/\(turn)/stop", []) }

    private func send(_ method: String, _ path: String, _ body: [UInt8]) async throws
        -> HTTPClientResponse
    {
        var request = HTTPClientRequest(
            method: method,
            url: base + path,
            headers: headers,
            body: body
        )
        request.unixSocket = socket
        let response: HTTPClientResponse
        do { response = try await client.send(request) } catch {
            guard case .unreachable = error else { throw error }
            throw Failure(description: "no service answers (\(error)): start it with 'berth serve'")
        }
        guard (200..<300).contains(response.status) else {
            let bytes = try await response.collect(atMost: .kibibytes(64))
            if response.status == 401, socket == nil {
                let words = "the service does not know this API key: check it, or ask the operator"
                throw Failure(description: words)
            }
            throw Failure(
                description: AdminClient.message(of: bytes) ?? "status \(response.status)"
            )
        }
        return response
    }
}
