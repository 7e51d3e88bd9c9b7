import BerthAdmin
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthStore
import BerthTelemetry
import BerthText
import Glibc

/// A client of the running service's admin socket.
@Loop final class AdminClient {
    private let client: HTTPClient
    private let socket: String

    /// The reason why a request was not carried out.
    enum Failure: Error, CustomStringConvertible {
        case notRunning(socket: String)
        /// The service belongs to the user of that name.
        case wrongUser(String)
        case refused(String)

        var description: String {
            switch self {
            case .notRunning(let socket):
                "no service answers at '\(socket)': start it with 'berth serve', "
                    + "or name its configuration with --config"
            case .wrongUser(let name):
                "the service belongs to the user '\(name)': \(AdminClient.remedy(name))"
            case .refused(let reason): reason
            }
        }
    }

    /// Finds the socket in the data folder that the configuration names.
    ///
    /// Reads no other key of the configuration.
    init(file: String?) throws {
        socket = try AdminClient.socket(file: file)
        client = HTTPClient(in: Surroundings(log: .silent))
    }

    /// Makes a client of the socket at `path`.
    init(socket path: String) {
        socket = path
        client = HTTPClient(in: Surroundings(log: .silent))
    }

    /// The admin socket's path, by the key `data` of a configuration file.
    static nonisolated func socket(file: String?) throws -> String {
        socket(in: try ConfigurationFile.data(path: file, environment: Environment.value))
    }

    /// The admin socket's path in a data folder.
    static nonisolated func socket(in data: String) -> String {
        "\(data)/\(AdminServer.socketName)"
    }

    /// Sends a request and returns the JSON of the response.
    ///
    /// - Throws: ``Failure`` if no service answers or it refuses; errors of the HTTP client.
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
            if let user = AdminClient.otherUser(of: socket) { throw Failure.wrongUser(user) }
            throw Failure.notRunning(socket: socket)
        }
        let bytes = try await response.collect(atMost: .mebibytes(16))
        if response.status == 403, let user = AdminClient.otherUser(of: socket) {
            throw Failure.wrongUser(user)
        }
        guard (200..<300).contains(response.status) else {
            throw Failure.refused(AdminClient.message(of: bytes) ?? "status \(response.status)")
        }
        return bytes
    }

    // MARK: Users

    /// The user to whom the service of an admin socket belongs, or nil if this user may use it.
    static nonisolated func otherUser(of socket: String) -> String? {
        var status = stat()
        let folder = socket.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let data = folder.joined(separator: "/")
        let isClosed = unsafe access(data, X_OK) != 0 && errno == EACCES
        guard unsafe stat(isClosed ? data : socket, &status) == 0 else { return nil }
        guard geteuid() != 0, status.st_uid != geteuid() else { return nil }
        guard let entry = unsafe getpwuid(status.st_uid) else { return "\(status.st_uid)" }
        return unsafe String(cString: entry.pointee.pw_name)
    }

    /// The advice for a service that belongs to another user.
    static nonisolated func remedy(_ user: String) -> String {
        "run this command as that user or as root, such as: sudo -u \(user) berth ..."
    }

    /// The message of an error response in OpenAI's form.
    static nonisolated func message(of bytes: [UInt8]) -> String? {
        (try? JSONObject(bytes))?.object("error")?.string("message")
    }

    private static func encoded(_ value: any Encodable) throws -> [UInt8] { try JSON.encode(value) }
}

extension String {
    /// The string percent-encoded as one segment of a path, also `.` and `..`.
    var pathSegment: String {
        utf8.map { byte in
            let isPlain =
                (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A
                || (0x30...0x39).contains(byte) || "-_".utf8.contains(byte)
            let hex = String(byte, radix: 16, uppercase: true)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + hex
        }.joined()
    }
}
