import BerthAdmin
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthStore
import BerthTelemetry
import BerthText

/// Speaks to the running service over its admin socket.
@Loop final class AdminClient {
    private let client: HTTPClient
    private let socket: String

    /// Why the service did not do what was asked.
    enum Failure: Error, CustomStringConvertible {
        case notRunning(socket: String)
        case refused(String)

        var description: String {
            switch self {
            case .notRunning(let socket):
                "no service answers at '\(socket)': start it with 'berth serve', "
                    + "or name its configuration with --config"
            case .refused(let reason): reason
            }
        }
    }

    /// Finds the socket in the data folder that the configuration names.
    init(file: String?) throws {
        let loaded = try ConfigurationFile.load(path: file, environment: Environment.value)
        socket = AdminClient.socket(of: loaded.configuration)
        client = HTTPClient(in: Surroundings(log: .silent))
    }

    /// The admin socket's path.
    static nonisolated func socket(of configuration: Configuration) -> String {
        "\(configuration.data)/\(AdminServer.socketName)"
    }

    /// Asks and returns the answer's JSON.
    func ask(
        _ method: String,
        _ path: String,
        _ body: (any Encodable)? = nil
    ) async throws -> [UInt8] {
        var request = HTTPClientRequest(
            method: method,
            url: "http://localhost\(path)",
            headers: ["content-type": "application/json"],
            body: try body.map(AdminClient.encoded) ?? []
        )
        request.unixSocket = socket
        let response: HTTPClientResponse
        do { response = try await client.send(request) } catch {
            guard case .unreachable = error else { throw error }
            throw Failure.notRunning(socket: socket)
        }
        let bytes = try await response.collect(atMost: .mebibytes(4))
        guard (200..<300).contains(response.status) else {
            throw Failure.refused(AdminClient.message(of: bytes) ?? "status \(response.status)")
        }
        return bytes
    }

    /// The message of an error in OpenAI's shape.
    static nonisolated func message(of bytes: [UInt8]) -> String? {
        (try? JSONObject(bytes))?.object("error")?.string("message")
    }

    private static func encoded(_ value: any Encodable) throws -> [UInt8] { try JSON.encode(value) }
}

extension String {
    /// As one segment of a path.
    var pathSegment: String {
        utf8.map { byte in
            let isPlain =
                (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A
                || (0x30...0x39).contains(byte) || "-_.".utf8.contains(byte)
            let hex = String(byte, radix: 16, uppercase: true)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + hex
        }.joined()
    }
}
