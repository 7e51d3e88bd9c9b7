import BerthFiles

/// The way in which a document is read, by its name and the type that its sender claims.
enum TelegramDocument: Equatable {
    case picture(FileKind)
    case sound(FileKind)
    /// A text, whose content decides in the end.
    case text
    /// A file of a kind that Berth does not read.
    case other

    /// The largest file without a known type that is looked at, in bytes.
    static let mostUnknown = 1 << 20

    init(_ media: TelegramMedia) {
        let kind = FileKind(media.type ?? "")
        let name = media.name ?? ""
        let end =
            name.utf8.contains(UInt8(ascii: "."))
            ? name.split(separator: ".").last.map { $0.lowercased() } ?? "" : ""
        if Self.pictures.contains(kind.name) {
            self = .picture(kind)
        } else if kind.name.hasPrefix("audio/") {
            self = .sound(kind)
        } else if kind.name.hasPrefix("text/") || Self.types.contains(kind.name)
            || Self.ends.contains(end)
        {
            self = .text
        } else if kind == .unknown, media.size ?? 0 <= Self.mostUnknown, end.utf8.count <= 16 {
            self = .text
        } else {
            self = .other
        }
    }

    private static let pictures: Set = [
        "image/jpeg", "image/png", "image/webp", "image/gif", "image/avif", "image/heic",
        "image/heif",
    ]
    private static let types: Set = [
        "application/json", "application/xml", "application/yaml", "application/x-yaml",
        "application/toml", "application/javascript", "application/x-javascript",
        "application/ecmascript", "application/typescript", "application/sql",
        "application/x-sh", "application/x-shellscript", "application/x-python",
        "application/x-httpd-php", "application/x-tex", "application/x-subrip",
        "application/x-ndjson", "application/csv", "image/svg+xml",
    ]
    private static let ends: Set = [
        "txt", "md", "markdown", "rst", "csv", "tsv", "json", "jsonl", "xml", "yaml", "yml",
        "toml", "ini", "cfg", "conf", "env", "log", "tex", "bib", "srt", "vtt", "html", "htm",
        "css", "svg", "sql", "sh", "bash", "zsh", "ps1", "bat", "py", "rb", "pl", "php", "lua",
        "js", "mjs", "ts", "tsx", "jsx", "vue", "c", "h", "cc", "cpp", "hpp", "cs", "java", "kt",
        "go", "rs", "swift", "scala", "hs", "ml", "ex", "erl", "clj", "r", "jl", "dart", "zig",
        "nim", "proto", "gradle", "cmake", "mk", "diff", "patch", "tf", "nix", "asm", "s", "f90",
    ]
}
