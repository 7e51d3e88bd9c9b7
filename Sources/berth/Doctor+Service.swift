import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthService
import BerthStore
import BerthTelemetry
import Glibc

extension Doctor {
    // MARK: Settings

    /// The configuration that was read, and each of its warnings.
    static func settings(_ loaded: ConfigurationFile) -> [Finding] {
        [Finding(check: "configuration", ok: true, says: loaded.path ?? "built-in defaults")]
            + loaded.configuration.warnings.map { warning in
                Finding(check: "configuration", ok: true, says: warning, isWarning: true)
            }
    }

    // MARK: Memory

    /// Whether a service fits into its limit, by one in memory that serves nobody.
    ///
    /// It is made before other checks, which would be weighed with it.
    static func memory(_ configuration: Configuration) async -> Finding {
        var (trial, edges) = (configuration, Edges.machine(log: .silent, agent: "berth"))
        trial.listen(on: HostPort(host: "127.0.0.1", port: 0))
        edges.disk = .memory
        edges.network = InMemoryNetwork(in: edges.surroundings)
        let limit = "\(configuration.memory.limit): \(configuration.memory.source)"
        do {
            let service = try await Composition.make(trial, edges)
            do { try await service.weigh() } catch {
                await service.finish()
                throw error
            }
            await service.finish()
            return Finding(check: "memory limit", ok: true, says: limit)
        } catch { return Finding(check: "memory limit", ok: false, says: "\(error)") }
    }

    // MARK: Folder

    /// The data folder: its owner, its mode, and whether this user may use it.
    static func folder(_ configuration: Configuration) -> Finding {
        let path = configuration.data
        func finding(_ ok: Bool, _ says: String) -> Finding {
            Finding(check: "data folder", ok: ok, says: "'\(path)'\(says)")
        }
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            let says = errno == EACCES ? ": this user may not see it" : " does not exist yet: "
            return finding(errno != EACCES, errno == EACCES ? says : says + "serve makes it")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            return finding(false, " is a file: set 'data' to the path of a folder")
        }
        if let user = AdminClient.otherUser(of: AdminClient.socket(in: path)) {
            return finding(false, " belongs to the user '\(user)': \(AdminClient.remedy(user))")
        }
        guard unsafe access(path, R_OK | W_OK | X_OK) == 0 else {
            return finding(false, ": this user cannot write to it")
        }
        guard status.st_mode & 0o022 == 0 else {
            return finding(false, ": other users may write to it. Run: chmod 700 '\(path)'")
        }
        return finding(true, "")
    }

    // MARK: Service

    /// Whether the service runs and is ready, or else whether its address is free.
    static func service(
        _ configuration: Configuration
    ) async -> (finding: Finding, isRunning: Bool) {
        func finding(_ ok: Bool, _ says: String) -> Finding {
            Finding(check: "service", ok: ok, says: says)
        }
        let client = HTTPClient(in: Surroundings(log: .silent))
        let socket = AdminClient.socket(in: configuration.data)
        var request = HTTPClientRequest(method: "GET", url: "http://localhost/readyz")
        request.unixSocket = socket
        if let response = try? await client.send(request) {
            let body = (try? await response.collect(atMost: .kibibytes(64))) ?? []
            let lines = String(decoding: body, as: UTF8.self).split(separator: "\n")
                .map(String.init)
            let faults = response.status == 200 ? lines.filter { $0.hasPrefix("degraded") } : lines
            let says = (["running (\(socket))"] + faults).joined(separator: "; ")
            return (finding(faults.isEmpty, says), true)
        }
        let listen = configuration.listen
        do throws(HTTPServerError) {
            try ListenAddress.tcp(host: listen.host, port: listen.port).tryOut()
        } catch { return (finding(false, "not running, and it cannot start: \(error)"), false) }
        return (finding(true, "not running; \(listen) is free"), false)
    }
}
