import BerthConfig
import BerthText

/// Runs `berth config check|show`.
enum ConfigVerb {
    static func run(_ action: ConfigAction, file: String?, json: Bool) throws {
        let loaded = try ConfigurationFile.load(path: file, environment: Environment.value)
        switch action {
        case .show: Output.text(json ? loaded.json + "\n" : loaded.yaml)
        case .check: try json ? Output.json(JSON.encode(Report(loaded))) : check(loaded)
        }
    }

    /// The outcome of `config check` for a configuration without errors.
    private struct Report: Encodable {
        let file: String?
        let warnings: [String]
        let unused: [String]

        init(_ loaded: ConfigurationFile) {
            file = loaded.path
            warnings = loaded.configuration.warnings
            unused = loaded.unused
        }
    }

    private static func check(_ loaded: ConfigurationFile) {
        Output.text("\(loaded.path ?? "built-in defaults (no file)"): good\n")
        for warning in loaded.configuration.warnings { Output.text("Warning: \(warning)\n") }
        guard !loaded.unused.isEmpty else { return }
        Output.text("This build does not act on: \(loaded.unused.joined(separator: ", "))\n")
    }
}
