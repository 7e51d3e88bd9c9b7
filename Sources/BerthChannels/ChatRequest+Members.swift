import BerthConfig
import BerthProviders
import BerthText

extension ChatRequest {
    /// A part of a request that only models with a permission for it may take.
    struct Costly: Sendable {
        /// The name under which `models.chat[].pass` permits it.
        let name: String
        /// Its place in the request.
        let place: String
        let effect: RequestMember.Effect

        init(_ member: RequestMember, at place: String, _ effect: RequestMember.Effect = .cost) {
            (name, self.place, self.effect) = (member.name, place, effect)
        }

        /// The refusal by every model that was asked for, which are those of the key `models`.
        func refusal(by models: String) -> Refusal {
            Refusal(
                "'\(place)' is not passed on, because \(effect.rawValue): leave it out, or ask the "
                    + "operator to permit '\(name)' for the model (\(models)[].pass)",
                parameter: place
            )
        }
    }

    /// The most members of a request.
    ///
    /// All vendors together document about 200, and a client uses a few.
    static let mostMembers = 128
    /// The longest name of a member that is not known, in bytes.
    static let longestName = 64

    /// Compares the members of a request with their table.
    ///
    /// - Throws: ``Refusal`` for a name that a server could take for that of another member.
    static func members(
        of object: JSONObject,
        in table: MemberTable,
        _ addresses: inout ChatAddresses
    ) throws(Refusal) -> (costly: [Costly], unknown: [String]) {
        var (costly, unknown, count, found) = ([Costly](), [String](), 0, addresses)
        try object.each { (name, value) throws(Refusal) in
            count += 1
            guard count <= mostMembers else {
                throw Refusal("the request has more than \(mostMembers) members")
            }
            switch table.match(name) {
            case .known(let row):
                guard let effect = row.effect(of: value) else { return }
                costly.append(Costly(row, at: row.name, effect))
            case .misspelt(let row):
                let given = String(decoding: name, as: UTF8.self).shortened()
                throw Refusal(
                    "'\(given)' must be written '\(row.name)'",
                    parameter: row.name
                )
            case .unknown:
                let given = String(decoding: name, as: UTF8.self)
                guard name.count <= longestName else {
                    throw Refusal("the name of the member '\(given.shortened())' is too long")
                }
                unknown.append(given)
                _ = try found.check(object, in: value.indices, at: given)
            }
        }
        addresses = found
        return (costly, unknown)
    }

    // MARK: Tools

    /// Members of a tool that the client runs.
    private static let clientTool = [
        "type", "function", "custom", "strict", "name", "description", "parameters",
        "cache_control",
    ]

    /// The tools that run at the provider, and the marks for its cache.
    static func tools(
        of object: JSONObject,
        _ addresses: inout ChatAddresses
    ) throws(Refusal) -> [Costly] {
        guard object.has("tools") else { return [] }
        guard let tools = object.elements("tools") else {
            throw Refusal(
                "'tools' must be a list of at most \(JSONObject.mostMembers) tools",
                parameter: "tools"
            )
        }
        var costly: [Costly] = []
        for (index, range) in tools.enumerated() {
            let place = "tools[\(index)]"
            guard let tool = object.object(at: range) else {
                throw Refusal(
                    "'\(place)' must be an object that names nothing twice",
                    parameter: place
                )
            }
            let untyped = tool.has("function") ? "function" : ""
            let type = tool.has("type") ? tool.word("type") ?? "" : untyped
            if ["function", "custom"].contains(type), tool.hasOnly(clientTool) {
                guard tool.has("cache_control") else { continue }
                costly.append(Costly(ChatMember.cacheControl, at: "\(place).cache_control"))
            } else {
                costly.append(Costly(ChatMember.providerTools, at: place))
                _ = try addresses.check(object, in: range, at: place)
            }
        }
        return costly
    }
}

extension [ChatRequest.Costly] {
    /// The models that may take every one of these members.
    ///
    /// - Parameters:
    ///   - named: the models that the request names, at least one.
    ///   - list: the configuration's key of them, for the refusal.
    ///   - pass: the members that a model may take.
    /// - Returns: the models, at least one.
    /// - Throws: ``ChatRequest/Refusal`` of the member that no model may take, or of the first if each
    ///   may take a part of them.
    func permitted<Model>(
        of named: [Model],
        in list: String,
        _ pass: (Model) -> [String]
    ) throws(ChatRequest.Refusal) -> [Model] {
        let models = named.filter { model in allSatisfy { pass(model).contains($0.name) } }
        guard models.isEmpty else { return models }
        let refused = first { part in !named.contains { pass($0).contains(part.name) } }
        throw (refused ?? self[0]).refusal(by: list)
    }
}
