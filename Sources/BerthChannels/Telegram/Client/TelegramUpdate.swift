package import BerthText

/// An update as it came, of which only the id is read.
///
/// `TelegramReader` reads the rest.
package struct TelegramUpdate: Equatable, Sendable {
    /// The id, from 0 to ``mostID``, by which duplicates are recognized.
    ///
    /// Ids grow by one, but may fall after a week without updates.
    package let id: Int
    /// The update's own JSON.
    package let json: [UInt8]

    /// The largest id that is read.
    ///
    /// Telegram's ids have 31 bits. A number of 53 bits is exact in every reader of JSON.
    package static let mostID = 1 << 53

    /// Reads an update, or returns nil if it has no id.
    package init?(_ object: JSONObject) {
        guard let id = object.integer("update_id"), 0...Self.mostID ~= id else { return nil }
        (self.id, json) = (id, Array(object.text))
    }

    /// Reads an update's own JSON, or returns nil if it is none.
    package init?(json: [UInt8]) {
        guard let object = try? JSONObject(answer: json) else { return nil }
        self.init(object)
    }
}
