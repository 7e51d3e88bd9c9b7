package import BerthLoop

/// One conversation, at one place of a channel.
package struct Session: Equatable, Sendable {
    /// The key of a row of this kind.
    package typealias ID = RowID<Session>

    /// Its key.
    package let id: ID
    /// Random.
    ///
    /// Clients know the conversation by it.
    package let publicID: String
    /// The place where it goes on.
    package let place: Place
    /// Whether it belongs to a group, in which each turn names the tenant who pays.
    package let isGroup: Bool
    /// The owner, or nil for a group.
    package let tenant: Tenant.ID?
    /// The title that people see.
    ///
    /// "" for a new one.
    package let title: String
    /// The model chosen for this conversation, or nil for the configuration's list.
    package let model: String?
    /// When it was made.
    package let created: Timestamp
    /// When something was last said.
    package let updated: Timestamp
    /// Turns up to this one are not part of the prompt any more, or nil if all are.
    package let clearedThrough: Turn.ID?
    /// The last turn of the branch that is shown, or nil if nothing was said.
    package let leaf: Turn.ID?
    /// Whether it stands before the others in the list.
    package var isPinned = false
    /// Whether it is kept out of the usual list.
    package var isArchived = false
}

extension Session {
    /// Reads the columns that ``Connection`` selects for a session.
    init(_ row: borrowing Row) throws(StoreError) {
        id = row.id(0)
        publicID = row.text(1)
        place = try Place(row, from: 2)
        isGroup = row.bool(5)
        tenant = row.idOrNil(6)
        title = row.text(7)
        model = row.textOrNil(8)
        created = row.timestamp(9)
        updated = row.timestamp(10)
        clearedThrough = row.int64(11) == 0 ? nil : row.id(11)
        leaf = row.int64(12) == 0 ? nil : row.id(12)
        isPinned = row.bool(13)
        isArchived = row.bool(14)
    }
}
