package import BerthLoop
package import BerthStore

/// A link to a conversation as its owner sees it.
package struct ShareInfo: Encodable, Sendable {
    /// The conversation's public name.
    package let session: String
    /// Its title.
    package let title: String
    /// The address that anybody may open.
    package let url: String
    /// When the link was made.
    package let created: Timestamp

    private enum CodingKeys: String, CodingKey {
        case session
        case title
        case url
        case created = "created_ms"
    }

    /// Makes the form of a link at the service's address `url`, which has no slash at its end.
    package init(_ share: Share, at url: String) {
        session = share.session
        title = share.title
        self.url = "\(url)/shared/\(share.name)"
        created = share.created
    }
}
