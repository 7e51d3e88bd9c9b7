import BerthText

/// A row of a table of known members of a request: ``ChatMember``, ``PictureMember`` or
/// ``EmbeddingMember``.
///
/// The table says for each member what Berth does with it, and whose documentation describes it.
package struct RequestMember: Equatable, Sendable {
    /// Berth's ways to treat a member.
    package enum Treatment: Equatable, Sendable {
        /// It goes to the provider as it is, because it changes the content of an answer alone.
        case passed
        /// Berth replaces or removes it.
        case set
        /// It goes to the provider as it is, and is reserved and charged by its size.
        case priced
        /// It is refused unless the operator permits it for the model (`pass`).
        case refused(Effect)
    }

    /// The effect of a member that is refused.
    package enum Effect: String, Sendable {
        case cost = "it changes what the answer costs"
        case answerer = "it changes who answers"
        case place = "it changes where the request goes or is kept"
        case form = "it changes the form of the answer"
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
        guard value.count <= RequestMember.longestHarmless else { return effect }
        let isText = value.first == UInt8(ascii: "\"")
        let compact = isText ? Array(value) : value.filter { $0 > 0x20 }
        return isHarmless.contains { $0.utf8.elementsEqual(compact) } ? nil : effect
    }

    private static let longestHarmless = 64

    /// Whether it is refused unless the operator permits it.
    var isRefused: Bool { if case .refused = treatment { true } else { false } }
}

/// A table of members of a request, which makes the rows of those that are refused.
protocol MemberRows {}

extension MemberRows {
    /// A member that changes what the answer costs.
    static func row(
        _ name: String,
        _ source: RequestMember.Source,
        harmless: [String] = []
    ) -> RequestMember {
        row(name, .cost, source, harmless: harmless)
    }

    /// A member with another effect.
    static func row(
        _ name: String,
        _ effect: RequestMember.Effect,
        _ source: RequestMember.Source,
        harmless: [String] = []
    ) -> RequestMember {
        RequestMember(name, .refused(effect), source, harmless: harmless)
    }
}
