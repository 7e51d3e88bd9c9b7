/// The reason why a text is not YAML that Berth reads.
struct YAMLError: Error, Equatable {
    let line: Int
    let text: String
}
