package import BerthLoop

/// A person of a channel who may become a tenant, or is one.
package struct Person: Hashable, Sendable {
    /// The channel that knows the person.
    package let channel: ChannelName
    /// The channel's own name for the person.
    package let external: String

    /// Names a person.
    package init(channel: ChannelName, external: String) {
        (self.channel, self.external) = (channel, external)
    }
}

/// The wish of a person of a channel to become a tenant.
package struct AccessRequest: Equatable, Sendable {
    /// The key of a row of this kind.
    package typealias ID = RowID<AccessRequest>

    /// Its key.
    package let id: ID
    /// The person who asks.
    package let person: Person
    /// The place where the answer is told.
    package let place: Place
    /// The person's own name, as the channel has it.
    package let name: String
    /// Whether it was refused.
    ///
    /// A refused one stays, so that asking again has no effect.
    package let isRefused: Bool
    /// When it was made.
    package let created: Timestamp

    init(_ row: borrowing Row) throws(StoreError) {
        id = row.id(0)
        person = Person(channel: try row.word(1), external: row.text(2))
        place = Place(channel: try row.word(1), chat: row.text(3), topic: "")
        name = row.text(4)
        isRefused = row.bool(5)
        created = row.timestamp(6)
    }
}
