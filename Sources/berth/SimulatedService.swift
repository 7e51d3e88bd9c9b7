import BerthAdmin
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthSimulation
import BerthTelemetry
import BerthText
import CLinux
import Glibc

/// The service under simulation: one that was started with a fake provider, or a running one.
@Loop final class SimulatedService {
    /// The origin: scheme, host and port.
    let origin: String
    /// The process id.
    let process: pid_t
    private let admin: AdminClient
    private let own: Own?
    private var tenants: [String] = []

    /// The child processes and files of a service that was started.
    private struct Own {
        let children: [Child]
        let folder: ScratchFolder

        @Loop func end() async {
            for child in children.reversed() { await child.stop() }
            folder.remove()
        }
    }

    private init(
        origin: String,
        process: pid_t,
        admin: AdminClient,
        own: Own?
    ) {
        self.origin = origin
        self.process = process
        self.admin = admin
        self.own = own
    }

    // MARK: A running one

    /// The running service of configuration `file` at `url`.
    ///
    /// Its admin socket makes tenants, and the socket's owner is its process.
    static func running(at url: WebURL, file: String?) throws -> SimulatedService {
        let socket = try AdminClient.socket(file: file)
        guard let process = listener(at: socket) else {
            throw AdminClient.Failure.notRunning(socket: socket)
        }
        return SimulatedService(
            origin: url.origin,
            process: process,
            admin: try AdminClient(file: file),
            own: nil
        )
    }

    /// The process that listens on a Unix socket, from the kernel; nil if there is none.
    private static func listener(at path: String) -> pid_t? {
        let process = unsafe berth_unix_listener(path)
        return process > 0 ? process : nil
    }

    // MARK: One of our own

    /// Starts a fake provider at the pace of a real one, and a service that asks it.
    ///
    /// Everything that was started is stopped before this throws. `whenEnded` is called when a
    /// child ends by itself, also later. `telegram` is the URL of a fake Telegram, if there is one.
    static func start(
        _ choices: SimulateChoices,
        _ telegram: String?,
        in surroundings: Surroundings,
        whenEnded: @escaping @Loop (Child) -> Void
    ) async throws -> SimulatedService {
        let folder = try ScratchFolder("berth-simulate")
        var children: [Child] = []
        do {
            let pace = ["--delay-ms", "300", "--token-ms", "10", "--tokens", "200"]
            let fake = ["fake", "openai", "--listen", "127.0.0.1:0"] + pace
            children.append(try Child(fake, in: surroundings, whenEnded: whenEnded))
            let upstream = try await children[0].line(SimulatedService.upstream)
            var painter: String?
            if choices.pictures > 0 {
                let fal = ["fake", "fal", "--listen", "127.0.0.1:0", "--delay-ms", "2000"]
                children.append(try Child(fal, in: surroundings, whenEnded: whenEnded))
                painter = try await children[1].line(SimulatedService.upstream)
            }
            var settings = SimulationSettings(
                users: choices.users + choices.telegram,
                upstream: upstream
            )
            settings.telegram = telegram
            (settings.data, settings.painter) = ("\(folder.path)/data", painter)
            (settings.limit, settings.cache) = (choices.limit, choices.cache)
            let file = try folder.write(settings.text, to: "berth.yaml")
            let serve = ["serve", "--config", file, "--log", "json"]
            let service = try Child(serve, in: surroundings, whenEnded: whenEnded)
            children.append(service)
            let listen = try await service.line(SimulatedService.listen)
            return SimulatedService(
                origin: "http://\(listen)",
                process: service.process,
                admin: try AdminClient(file: file),
                own: Own(children: children, folder: folder)
            )
        } catch {
            await Own(children: children, folder: folder).end()
            throw error
        }
    }

    /// The URL in a line of `berth fake`'s output.
    private static nonisolated func upstream(_ line: Substring) -> String? {
        line.firstRange(of: "http://").map { String(line[$0.lowerBound...]) }
    }

    /// The address in the line that `berth serve` logs when it is ready.
    private static nonisolated func listen(_ line: Substring) -> String? {
        let entry = try? JSONObject(Array(line.utf8))
        return entry?.string("message") == "serving" ? entry?.string("listen") : nil
    }

    // MARK: Using it

    /// Makes a tenant.
    ///
    /// ``end()`` removes it.
    func addTenant(_ name: String) async throws -> TenantSecrets {
        let bytes = try await admin.ask("POST", "/admin/tenants", ["name": name])
        tenants.append(name)
        return try JSON.decode(TenantSecrets.self, from: bytes)
    }

    /// The memory limit in force, in bytes.
    ///
    /// `berth memory --limit` may have changed it.
    func memoryLimit() async throws -> Int {
        try JSON.decode(MemoryReport.self, from: await admin.ask("GET", "/admin/memory")).limit
    }

    /// The number of lookups that the cache has answered since the service's start.
    func cacheHits() async throws -> Int {
        try JSON.decode(CacheReport.self, from: await admin.ask("GET", "/admin/cache")).hits
    }

    /// Stops a service that was started.
    ///
    /// Removes the tenants from one that was running, which needs a task that is not cancelled.
    func end() async {
        if let own { return await own.end() }
        for name in tenants {
            do { _ = try await admin.ask("DELETE", "/admin/tenants/\(name.pathSegment)") } catch {
                Output.error("berth: tenant '\(name)' could not be removed: \(error)")
            }
        }
    }
}
