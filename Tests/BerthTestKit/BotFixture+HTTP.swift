import BerthBot
package import BerthHTTP
package import BerthLoop
import BerthMemory
package import BerthText
package import BerthWork
import Testing

/// A whole answer.
package struct Answer: Sendable {
    /// The HTTP status.
    package let status: Int
    /// The header.
    package let headers: HTTPHeaders
    /// The body.
    package let bytes: [UInt8]

    /// The body as text.
    package var text: String { String(decoding: bytes, as: UTF8.self) }
    /// The body as an object, or nil if it is not one.
    package var object: JSONObject? { try? JSONObject(bytes) }
    /// The error of the body, or nil if it does not have OpenAI's shape.
    package var error: JSONObject? { object?.object("error") }
}

extension BotFixture {
    /// The sender of a request to the public server.
    package enum Caller: Sendable {
        case nobody
        case key(String)
        case cookie(String)
    }

    /// Sends a request and returns when its answer begins.
    package func send(
        _ method: String,
        _ path: String,
        _ body: [UInt8] = [],
        as caller: Caller = .nobody,
        _ fields: [(String, String)] = []
    ) async throws -> HTTPClientResponse {
        var headers: HTTPHeaders = ["content-type": "application/json"]
        switch caller {
        case .nobody: break
        case .key(let key): headers["authorization"] = "Bearer \(key)"
        case .cookie(let cookie):
            headers["cookie"] = "berth_login=\(cookie)"
            headers["origin"] = "http://127.0.0.1:\(server.port)"
        }
        for (name, value) in fields { headers[name] = value.isEmpty ? nil : value }
        return try await http.send(
            HTTPClientRequest(
                method: method,
                url: "http://127.0.0.1:\(server.port)\(path)",
                headers: headers,
                body: body,
                deadlines: .patient
            )
        )
    }

    /// Sends a request and returns its whole answer.
    package func ask(
        _ method: String,
        _ path: String,
        _ body: String = "",
        as caller: Caller = .nobody,
        _ fields: [(String, String)] = []
    ) async throws -> Answer {
        try await Answer(send(method, path, Array(body.utf8), as: caller, fields))
    }

    /// Asks the OpenAI-compatible API, as ``ann``.
    package func chat(_ body: String) async throws -> Answer {
        try await ask("POST", "/v1/chat/completions", body, as: .key(key))
    }

    /// Asks the OpenAI-compatible API for a stream, as ``ann``.
    package func stream(_ body: String) async throws -> EventReader {
        try await EventReader(
            send("POST", "/v1/chat/completions", Array(body.utf8), as: .key(key))
        )
    }

    /// Asks over the admin socket.
    package func admin(
        _ method: String,
        _ path: String,
        _ body: String = "",
        _ fields: [(String, String)] = []
    ) async throws -> Answer {
        var request = HTTPClientRequest(
            method: method,
            url: "http://localhost\(path)",
            headers: ["content-type": "application/json"],
            body: Array(body.utf8),
            deadlines: .patient
        )
        for (name, value) in fields { request.headers[name] = value }
        request.unixSocket = socket
        return try await Answer(http.send(request))
    }

    /// Logs a tenant in by a new link.
    ///
    /// - Returns: the caller with its cookie.
    package func login(_ tenant: LiveTenant) async throws -> Caller {
        let answer = try await login(token: token(of: bot.access.link(for: tenant)))
        return .cookie(try #require(cookie(of: answer)))
    }

    /// Presses the login page's button.
    package func login(
        token: String,
        _ fields: [(String, String)] = []
    ) async throws -> Answer {
        try await ask(
            "POST",
            "/login",
            "token=\(token)",
            as: .nobody,
            [
                ("content-type", "application/x-www-form-urlencoded"),
                ("origin", "http://127.0.0.1:\(server.port)"),
            ] + fields
        )
    }

    /// The token of a login link.
    package func token(of link: String) throws -> String {
        String(try #require(link.split(separator: "=").last))
    }

    /// The login cookie that an answer sets.
    package func cookie(of answer: Answer) -> String? {
        guard let field = answer.headers["set-cookie"], field.hasPrefix("berth_login=") else {
            return nil
        }
        return String(field.dropFirst("berth_login=".count).prefix { $0 != ";" })
    }
}

extension Answer {
    /// Reads all of `response`.
    @Loop package init(_ response: HTTPClientResponse) async throws {
        status = response.status
        headers = response.headers
        bytes = try await response.collect(atMost: .mebibytes(32))
    }
}
