package import BerthStore

/// A picture that was made and stored.
package struct MadePicture: Equatable, Sendable {
    /// The picture as the provider made it.
    package let original: StoredFile
    /// The file with its thumbnail, or nil if there was no memory to make one.
    package let thumbnail: StoredFile?
    /// In pixels, as it is shown.
    package let width: Int
    /// In pixels, as it is shown.
    package let height: Int

    /// The picture as a turn refers to it.
    package var ofTurn: TurnPicture {
        var picture = TurnPicture(
            file: original.id,
            thumbnail: thumbnail?.id,
            width: width,
            height: height
        )
        (picture.kind, picture.bytes) = (original.kind, original.bytes)
        return picture
    }
}
