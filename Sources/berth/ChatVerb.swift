import BerthAdmin
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthText
import Glibc

/// `berth chat`: a conversation in the terminal, streamed; also line by line from a pipe.
@Loop enum ChatVerb {
    /// - Returns: the exit status: 1 when the last message had no whole answer.
    static func run(_ choices: ChatChoices, file: String?) async throws -> Int32 {
        let loaded = try ConfigurationFile.load(path: file, environment: Environment.value)
        let service = ChatService(choices, configuration: loaded.configuration)
        let chat = try await TerminalChat(service, model: choices.model)
        let signals = try Signals.watch { _ in chat.interrupt() }
        defer { signals.cancel() }
        return await chat.run()
    }
}

/// The service's conversations, as a terminal uses them.
@Loop final class ChatService {
    private let client = HTTPClient(in: Surroundings(log: .silent))
    private let base: String
    private let socket: String?
    private let headers: HTTPHeaders

    /// What went wrong, in the service's words.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    init(_ choices: ChatChoices, configuration: Configuration) {
        switch choices.identity {
        case .key(let key):
            base = "\(choices.url ?? configuration.url)/terminal"
            socket = nil
            headers = [
                "authorization": "Bearer \(key.reveal())", "content-type": "application/json",
            ]
        case .tenant(let name):
            base = "http://localhost/terminal"
            socket = AdminClient.socket(of: configuration)
            headers = [AdminServer.tenantHeader: name, "content-type": "application/json"]
        }
    }

    /// Begins a conversation.
    ///
    /// - Returns: its public name.
    func begin(model: String?) async throws -> String {
        let response = try await send("POST", "/sessions", Array("{}".utf8))
        let bytes = try await response.collect(atMost: .kibibytes(64))
        guard let id = (try? JSONObject(bytes))?.string("id") else {
            throw Failure(description: "the service answered what is not understood")
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

    /// Ends an answer.
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
            throw Failure(
                description: AdminClient.message(of: bytes) ?? "status \(response.status)"
            )
        }
        return response
    }
}
