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
    static func run(file: String?, json: Bool) async throws -> Int32 {
        let findings = await examine(file)
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

    private static func examine(_ file: String?) async -> [Finding] {
        let loaded: ConfigurationFile
        do {
            loaded = try ConfigurationFile.load(path: file, environment: Environment.value)
        } catch { return [Finding(check: "configuration", ok: false, says: "\(error)")] }
        let configuration = loaded.configuration
        var findings = [
            Finding(check: "configuration", ok: true, says: loaded.path ?? "built-in defaults"),
            Finding(
                check: "memory limit",
                ok: true,
                says: "\(configuration.memory.limit): \(configuration.memory.source)"
            ),
            descriptors(configuration), folder(configuration), pictures(),
            await database(configuration), await clock(configuration),
            await service(configuration),
        ]
        let client = HTTPClient(in: Surroundings(log: .silent))
        for provider in configuration.providers where provider.kind != .fal {
            findings.append(await reach(provider, configuration, client))
        }
        if configuration.usesDemo {
            findings.append(
                Finding(check: "provider", ok: true, says: "none configured, so the demo answers")
            )
        }
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

    private static func service(_ configuration: Configuration) async -> Finding {
        let client = HTTPClient(in: Surroundings(log: .silent))
        let socket = AdminClient.socket(in: configuration.data)
        var request = HTTPClientRequest(method: "GET", url: "http://localhost/readyz")
        request.unixSocket = socket
        guard let response = try? await client.send(request) else {
            return Finding(check: "service", ok: true, says: "not running")
        }
        return Finding(
            check: "service",
            ok: response.status == 200,
            says: response.status == 200 ? "running (\(socket))" : "running, not ready"
        )
    }

    /// Requests the list of models, which is free and needs the key, and looks up the configured
    /// ones.
    private static func reach(
        _ provider: Configuration.Provider,
        _ configuration: Configuration,
        _ client: HTTPClient
    ) async -> Finding {
        let check = "provider \(provider.name)"
        switch await ModelList.fetch(of: provider, client, by: SystemClock()) {
        case .models(let names):
            let missing = configuration.models(of: provider.name)
                .filter { !ModelList.has($0, in: names) }
                .map { "it lists no '\($0)': \(ModelList.advice(for: $0, in: names))" }
            return Finding(
                check: check,
                ok: missing.isEmpty,
                says: (["answers"] + missing).joined(separator: "; ")
            )
        case .none: return Finding(check: check, ok: true, says: "answers, but lists no models")
        case .page(let title):
            return Finding(
                check: check,
                ok: false,
                says: "a web page answers ('\(title)'): check its base_url, which ends in /v1 "
                    + "at most servers"
            )
        case .refused(let status):
            return Finding(
                check: check,
                ok: false,
                says: "answers with status \(status): check its api_key"
            )
        case .unreachable(let reason): return Finding(check: check, ok: false, says: reason)
        }
    }
}

extension Configuration {
    /// The configured models of a provider.
    fileprivate func models(of provider: String) -> [String] {
        chatModels.filter { $0.provider == provider }.map(\.model)
            + imageModels.filter { $0.provider == provider }.map(\.model)
    }
}
