/// A key that the file sets to something other than its default.
struct ConfiguredKey: Equatable {
    /// The key's path, such as `providers[0].kind`.
    let path: String
    /// The value as `config show` prints it: with variables filled in and secrets as `***`.
    let text: String

    /// The path without positions in lists, such as `providers.kind`.
    var pattern: String {
        let parts = path.split(separator: "[").enumerated()
        return parts.map { place, part in
            place == 0 ? String(part) : String(part.drop { $0 != "]" }.dropFirst())
        }.joined()
    }
}
