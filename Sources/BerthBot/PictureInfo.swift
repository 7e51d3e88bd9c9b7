import BerthFiles
package import BerthStore

/// A picture of a message or an answer as clients see it.
package struct PictureInfo: Encodable, Equatable, Sendable {
    /// The file's id.
    package let id: String
    /// The path at which its owner finds it, or nil if it is deleted.
    package let url: String?
    /// The path of its thumbnail, or nil if it has none.
    package let thumbnail: String?
    /// In pixels, as it is shown.
    package let width: Int
    /// In pixels, as it is shown.
    package let height: Int
    /// The media type, or nil if it is deleted.
    package let kind: String?
    /// The length of the file in bytes, or 0 if it is deleted.
    package let bytes: Int

    init(_ picture: TurnPicture) {
        id = picture.file
        url = picture.isDeleted ? nil : FileLinks.path(of: picture.file)
        thumbnail = picture.isDeleted ? nil : picture.thumbnail.map(FileLinks.path)
        (width, height) = (picture.width, picture.height)
        (kind, bytes) = (picture.kind, picture.bytes)
    }

    /// The pictures in their order, or nil if there are none.
    package static func list(_ pictures: [TurnPicture]) -> [PictureInfo]? {
        pictures.isEmpty ? nil : pictures.map(PictureInfo.init)
    }
}
