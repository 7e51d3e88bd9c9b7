import BerthChannels
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
        /// Whether it is allowed, and probably not what the operator wants.
        var isWarning: Bool?

        private enum CodingKeys: String, CodingKey {
            case check
            case ok
            case says
            case isWarning = "warning"
        }

        /// The state in the table.
        var word: String { isWarning == true ? "WARN" : ok ? "ok" : "BAD" }
    }

    /// - Returns: the exit status, which is 1 if something is wrong.
    static func run(file: String?, json: Bool, asks: Bool) async throws -> Int32 {
        let findings = await examine(file, asks: asks)
        if json {
            Output.json(try JSON.encode(["checks": findings]))
        } else {
            Output.table(
                ["check", "", "says"],
                findings.map { [$0.check, $0.word, $0.says] }
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
        let memory = await memory(configuration)
        var findings =
            settings(loaded) + [
                memory, descriptors(configuration), folder(configuration), pictures(),
                terminal(TerminalEditor.isInstalled), codes(QRCode.isInstalled),
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

    /// The line editor of `berth chat`, which a service does not need.
    nonisolated static func terminal(_ isInstalled: Bool) -> Finding {
        let words =
            isInstalled
            ? "libedit opens" : "'berth chat' has no line editing: install Debian's libedit2 for it"
        return Finding(check: "terminal", ok: true, says: words)
    }

    /// The drawing of codes for a further device, which the page can do without.
    nonisolated static func codes(_ isInstalled: Bool) -> Finding {
        let words =
            isInstalled
            ? "libqrencode opens"
            : "a further device is added by typing, without a QR code: install Debian's "
                + "libqrencode4 for it"
        return Finding(check: "QR codes", ok: true, says: words)
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
}
