import BerthLoop
import BerthStore

/// The people who ask for access.
///
/// The JSON's shape is part of the command's interface.
package struct AccessRequestList: Codable, Sendable {
    /// One person who asks.
    package struct Item: Codable, Sendable {
        /// The request's number.
        package let id: Int64
        /// The person's own name.
        package let name: String
        /// The channel that knows the person.
        package let channel: String
        /// The channel's name for the person.
        package let person: String
        /// `waiting` or `declined`.
        package let state: String
        /// The time of the request, in UTC milliseconds since 1970.
        package let createdMs: Int64

        private enum CodingKeys: String, CodingKey {
            case id
            case name
            case channel
            case person
            case state
            case createdMs = "created_ms"
        }

        init(_ request: AccessRequest) {
            (id, name) = (request.id.value, request.name)
            (channel, person) = (request.person.channel.rawValue, request.person.external)
            state = request.isRefused ? "declined" : "waiting"
            createdMs = request.created.milliseconds
        }
    }

    /// The requests, oldest first.
    package let requests: [Item]

    init(_ requests: [AccessRequest]) { self.requests = requests.map(Item.init) }
}

/// The outcome of `tenant approve` or `tenant decline`.
package struct AccessDecision: Codable, Sendable {
    /// The request's number.
    package let id: Int64
    /// The person's own name.
    package let name: String
    /// The name of the new tenant, or nil if the person was declined.
    package let tenant: String?
}
