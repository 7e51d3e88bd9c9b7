import BerthConfig
import BerthHTTP
import BerthImage
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthText
import Glibc

/// Runs `berth doctor`, which checks everything that a service needs and changes nothing.
@Loop enum Doctor {
    struct Finding: Encodable {
        let check: String
        let ok: Bool
        let says: String
    }

    /// - Returns: the exit status, which is 1 if something is wrong.
    static func run(file: String?, json: Bool, asks: Bool) async throws -> Int32 {
        let findings = await examine(file, asks: asks)
        if json {
            Output.json(try JSON.encode(["checks": findings]))
        } else {
            Output.table(
                ["check", "", "says"],
                findings.map { [$0.check, $0.ok ? "ok" : "BAD", $0.says] }
            )
        }
        return findings.allSatisfy(\.ok) ? 0 : 1
    }

    private static func examine(_ file: String?, asks: Bool) async -> [Finding] {
        let loaded: ConfigurationFile
        do {
            loaded = try ConfigurationFile.load(path: file, environment: Environment.value)
        } catch { return [Finding(check: "configuration", ok: false, says: "\(error)")] }
        let configuration = loaded.configuration
        var findings =
            [
                Finding(check: "configuration", ok: true, says: loaded.path ?? "built-in defaults"),
                Finding(
                    check: "memory limit",
                    ok: true,
                    says: "\(configuration.memory.limit): \(configuration.memory.source)"
                ),
                descriptors(configuration), folder(configuration), pictures(),
            ] + disk(configuration) + [await database(configuration), await clock(configuration)]
        let service = await service(configuration)
        findings.append(service.finding)
        let client = HTTPClient(in: Surroundings(log: .silent))
        for provider in configuration.providers where provider.kind != .fal {
            findings.append(await reach(provider, configuration, client))
        }
        findings += await quirks(configuration)
        findings += await telegram(configuration, client, isRunning: service.isRunning)
        if configuration.usesDemo {
            findings.append(
                Finding(check: "provider", ok: true, says: "none configured, so the demo answers")
            )
        }
        if asks { findings += await ask(configuration, isRunning: service.isRunning) }
        return findings
    }

    /// Opens libvips, which a service without pictures does not need.
    private static func pictures() -> Finding {
        do throws(PictureError) {
            for format in PictureFormat.allCases { try PictureLibrary.open(for: format) }
            return Finding(check: "pictures", ok: true, says: "libvips opens, with AVIF and HEIC")
        } catch {
            let says = "\(error.forOperator), if pictures are wanted"
            return Finding(check: "pictures", ok: true, says: says)
        }
    }

    private static func descriptors(_ configuration: Configuration) -> Finding {
        let limit = FileDescriptors.raiseLimit()
        let wanted = OpenFiles.needed(configuration)
        return Finding(
            check: "open files",
            ok: limit >= wanted,
            says: "\(limit) are allowed, limits.connections and the providers need about \(wanted)"
        )
    }

    private static func folder(_ configuration: Configuration) -> Finding {
        let path = configuration.data
        guard unsafe access(path, F_OK) == 0 else {
            return Finding(
                check: "data folder",
                ok: true,
                says: "'\(path)' does not exist yet: serve makes it"
            )
        }
        let isWritable = unsafe access(path, R_OK | W_OK | X_OK) == 0
        var disk = statvfs()
        let isKnown = unsafe statvfs(path, &disk) == 0
        let free = isKnown ? ", \(ByteCount(Int(disk.f_bavail * disk.f_frsize))) free" : ""
        return Finding(
            check: "data folder",
            ok: isWritable,
            says: "'\(path)'\(free)" + (isWritable ? "" : ": this user cannot write to it")
        )
    }

    private static func database(_ configuration: Configuration) async -> Finding {
        let file = DataFolder.database(in: configuration.data)
        guard unsafe access(file, F_OK) == 0 else {
            return Finding(check: "database", ok: true, says: "none yet: serve makes it")
        }
        do {
            let problems = try await Database.integrityCheck(of: file)
            return Finding(
                check: "database",
                ok: problems.isEmpty,
                says: problems.isEmpty ? "'\(file)' is sound" : problems.joined(separator: "; ")
            )
        } catch { return Finding(check: "database", ok: false, says: "\(error)") }
    }

    private static func service(
        _ configuration: Configuration
    ) async -> (finding: Finding, isRunning: Bool) {
        let client = HTTPClient(in: Surroundings(log: .silent))
        let socket = AdminClient.socket(in: configuration.data)
        var request = HTTPClientRequest(method: "GET", url: "http://localhost/readyz")
        request.unixSocket = socket
        guard let response = try? await client.send(request) else {
            return (Finding(check: "service", ok: true, says: "not running"), false)
        }
        let body = (try? await response.collect(atMost: .kibibytes(64))) ?? []
        let lines = String(decoding: body, as: UTF8.self).split(separator: "\n").map(String.init)
        let faults = response.status == 200 ? lines.filter { $0.hasPrefix("degraded") } : lines
        let says = (["running (\(socket))"] + faults).joined(separator: "; ")
        return (Finding(check: "service", ok: faults.isEmpty, says: says), true)
    }
}
