import BerthConfig

/// Runs `berth config check|show`.
enum ConfigVerb {
    static func run(_ action: ConfigAction, file: String?, json: Bool) throws {
        let loaded = try ConfigurationFile.load(path: file, environment: Environment.value)
        switch action {
        case .show: Output.text(json ? loaded.json + "\n" : loaded.yaml)
        case .check:
            let name = loaded.path ?? "built-in defaults (no file)"
            Output.text("\(name): good\n")
            guard !loaded.unused.isEmpty else { return }
            Output.text("This build does not act on: \(loaded.unused.joined(separator: ", "))\n")
        }
    }
}
