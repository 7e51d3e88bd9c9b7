import BerthConfig
import BerthText

/// The parts of one request that Berth has added, replaced or may rename.
struct OwnParts: Equatable {
    /// The parts in the request that may be left out or renamed.
    var parts: [Quirks.Part] = []
    /// The name under which the output limit is sent.
    var outputLimit = Quirks.OutputLimit.none
    /// The limit's value.
    var maximumOutput = 0
    /// Whether the value is Berth's rather than the client's.
    var isOwnValue = true
    /// The names of the member with the tenant's pseudonym.
    var userNames = ["user"]
    /// Whether the system prompt is Berth's, so that it may go into the question.
    var mayJoin = false
    /// Whether the limit may have another name, or be left out.
    var mayRename = true

    /// Makes the parts of a request that has none.
    init() {}

    /// Lists the parts of a request in OpenAI's format.
    ///
    /// `roles` are those of its messages that give instructions.
    init(of call: ChatCall, streaming: Bool, _ quirks: Quirks, roles: Set<String>) {
        parts = OwnParts.roles(roles, isOwn: call.isOwn, quirks)
        mayJoin = call.isOwn
        if streaming { parts += [.streamOptions, .stream] }
        if call.isOwn, call.request.has("temperature") { parts.append(.temperature) }
        if call.request.has("user") { parts.append(.user) }
        if call.request.has("safety_identifier") { parts.append(.safetyIdentifier) }
        parts.removeAll { quirks.lacks($0) }
        // The request for the usage is left out together with the request for the stream.
        if quirks.lacks(.stream) { parts.removeAll { $0 == .streamOptions } }
    }

    /// The roles of instructions that are sent and may be sent in another form.
    ///
    /// A client's message has one other role. Berth's own instruction may also be sent within the
    /// question.
    private static func roles(
        _ found: Set<String>,
        isOwn: Bool,
        _ quirks: Quirks
    ) -> [Quirks.Part] {
        let roles: [Quirks.Part] = [.developer, .system]
        guard quirks.lacks(.developer) || quirks.lacks(.system) else {
            return roles.filter { found.contains($0.rawValue) }
        }
        guard isOwn, !found.isEmpty else { return [] }
        return roles.filter { !quirks.lacks($0) }
    }

    /// Lists the parts of a request to the Messages API.
    init(ofMessages call: ChatCall, streaming: Bool, _ quirks: Quirks) {
        let hasUser = call.request.has("user") || call.request.has("safety_identifier")
        if hasUser { parts.append(.user) }
        if streaming { parts.append(.stream) }
        parts.removeAll { quirks.lacks($0) }
        mayRename = false
        userNames = ["metadata", "user_id"]
    }
}

extension ChatCall {
    /// The roles of the messages that give instructions.
    var roles: Set<String> {
        let messages = request.elements("messages") ?? []
        let found = messages.compactMap { request.object(at: $0)?.word("role") }
        return Set(found).intersection(["developer", "system"])
    }

    /// Whether the value of the output limit is Berth's rather than the client's.
    var isOwnOutput: Bool {
        let asked = request.integer("max_completion_tokens") ?? request.integer("max_tokens")
        return asked != maximumOutput
    }
}
