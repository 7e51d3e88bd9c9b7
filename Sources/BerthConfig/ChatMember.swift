import BerthText

/// A row of the table of known members of a chat-completions request.
///
/// The table says for each member what Berth does with it, and whose documentation describes it.
/// The rows are in ``all``.
package struct ChatMember: Equatable, Sendable {
    /// Berth's ways to treat a member.
    package enum Treatment: Equatable, Sendable {
        /// It goes to the provider as it is, because it changes the text of an answer alone.
        case passed
        /// Berth replaces or removes it.
        case set
        /// It goes to the provider as it is, and is reserved and charged by its size.
        case priced
        /// It is refused unless the operator permits it for the model (`models.chat[].pass`).
        case refused(Effect)
    }

    /// The effect of a member that is refused.
    package enum Effect: String, Sendable {
        case cost = "it changes what the answer costs"
        case answerer = "it changes who answers"
        case place = "it changes where the request goes or is kept"
    }

    /// The member's name.
    package let name: String
    /// Berth's way to treat it.
    package let treatment: Treatment
    /// Values with which a member that is refused passes, as JSON without white space.
    let harmless: [String]
    /// The vendor whose documentation describes it.
    let source: Source

    init(_ name: String, _ treatment: Treatment, _ source: Source, harmless: [String] = []) {
        self.name = name
        self.treatment = treatment
        self.source = source
        self.harmless = harmless
    }

    /// The effect of the member with this value, or nil if it may pass.
    package func effect(of value: ArraySlice<UInt8>) -> Effect? {
        guard case .refused(let effect) = treatment else { return nil }
        let isHarmless = ["null"] + harmless
        guard value.count <= ChatMember.longestHarmless else { return effect }
        let isText = value.first == UInt8(ascii: "\"")
        let compact = isText ? Array(value) : value.filter { $0 > 0x20 }
        return isHarmless.contains { $0.utf8.elementsEqual(compact) } ? nil : effect
    }

    private static let longestHarmless = 64
}

extension ChatMember {
    /// The names that `models.chat[].pass` may list.
    package static let permittable = all.filter { $0.isRefused }.map(\.name) + [providerTools.name]

    /// Entries of `tools` that run at the provider, such as a web search, and bill by themselves.
    ///
    /// The entries of functions, which the client runs, are only text.
    package static let providerTools = ChatMember("tools", .refused(.cost), .openAI)

    /// A mark in a message or a tool up to which the vendor keeps the prompt, which costs more than
    /// input tokens.
    package static let cacheControl = ChatMember("cache_control", .refused(.cost), .openRouter)

    private var isRefused: Bool { if case .refused = treatment { true } else { false } }

    /// The table's answer for a name.
    package enum Match: Equatable, Sendable {
        case known(ChatMember)
        /// Some servers read the name as that of the row, but Berth would not find it.
        case misspelt(ChatMember)
        case unknown
    }

    /// Looks a member up by its name, without escapes.
    ///
    /// Go's decoder ignores the case of names, and Google's takes `serviceTier` for `service_tier`.
    /// A name that differs from a known one in case, `_` or `-` alone could therefore reach a
    /// server as a member that Berth has not seen.
    package static func match(_ name: ArraySlice<UInt8>) -> Match {
        if name.count < byLength.count,
            let row = byLength[name.count].first(where: { $0.name.utf8.elementsEqual(name) })
        {
            return .known(row)
        }
        return byFold[folded(name)].map { .misspelt($0) } ?? .unknown
    }

    /// The rows by the length of their names in bytes.
    private static let byLength: [[ChatMember]] = {
        let longest = all.map(\.name.utf8.count).max() ?? 0
        var rows = [[ChatMember]](repeating: [], count: longest + 1)
        for row in all { rows[row.name.utf8.count].append(row) }
        return rows
    }()

    private static let byFold = Dictionary(
        all.map { (folded(Array($0.name.utf8)[...]), $0) },
        uniquingKeysWith: { first, _ in first }
    )

    /// A name without the differences that some servers ignore.
    ///
    /// Go also takes the long s and the Kelvin sign for `s` and `k`.
    /// Source: <https://pkg.go.dev/encoding/json#Unmarshal>, and
    /// <https://protobuf.dev/programming-guides/json/>.
    package static func folded(_ name: ArraySlice<UInt8>) -> [UInt8] {
        let ascii = String(decoding: name, as: UTF8.self).unicodeScalars.flatMap {
            scalar -> [UInt8] in
            switch scalar {
            case "_", "-": []
            case "A"..."Z": [UInt8(scalar.value + 0x20)]
            case "\u{17F}": [UInt8(ascii: "s")]
            case "\u{212A}": [UInt8(ascii: "k")]
            default: Array(String(scalar).utf8)
            }
        }
        return ascii
    }
}
