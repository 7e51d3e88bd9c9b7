import BerthStore

/// A page of a shared conversation, for readers that nobody knows.
///
/// It has texts and pictures alone: no model, no tokens, and nothing about the owner.
package struct SharedPage: Encodable, Sendable {
    /// A turn of it.
    package struct Item: Encodable, Sendable {
        let id: String
        let text: String
        let answer: String
        let inputs: [Picture]?
        let pictures: [Picture]?
        /// Whether the answer goes on where that of the turn before it was cut, or nil if not.
        let continues: Bool?
    }

    /// A picture of it, without those that are deleted.
    package struct Picture: Encodable, Sendable {
        let url: String
        let thumbnail: String?
        let width: Int
        let height: Int
    }

    let title: String
    let turns: [Item]
    /// The turn after which the next page begins, or nil at the end.
    let next: String?

    init(_ shared: SharedSession, name: String, _ turns: [Turn], isLast: Bool) {
        title = shared.session.title
        self.turns = turns.map { turn in
            Item(
                id: turn.publicID,
                text: turn.text,
                answer: turn.answer,
                inputs: SharedPage.list(turn.inputs, name),
                pictures: SharedPage.list(turn.pictures, name),
                continues: turn.isContinuation ? true : nil
            )
        }
        next = isLast ? nil : turns.last?.publicID
    }

    private static func list(_ pictures: [TurnPicture], _ name: String) -> [Picture]? {
        let there = pictures.filter { !$0.isDeleted }
        let path = { (file: String) in "/shared/\(name)/files/\(file)" }
        return there.isEmpty
            ? nil
            : there.map {
                Picture(
                    url: path($0.file),
                    thumbnail: $0.thumbnail.map(path),
                    width: $0.width,
                    height: $0.height
                )
            }
    }
}
