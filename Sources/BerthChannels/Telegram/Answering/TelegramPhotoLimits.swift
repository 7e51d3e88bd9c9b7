import BerthProviders

/// The pictures that Telegram takes as photos.
///
/// Source: <https://core.telegram.org/bots/api#sendphoto>.
enum TelegramPhotoLimits {
    /// The most bytes.
    static let bytes = 10_000_000
    /// The most pixels of width and height together.
    static let sides = 10_000
    /// The most times that one side may have of the other.
    static let ratio = 20

    /// Whether a picture can be a photo.
    ///
    /// The sides are nil if they are not known. Telegram then decides.
    static func fits(_ picture: any SourcePicture, _ width: Int?, _ height: Int?) -> Bool {
        guard ["image/jpeg", "image/png", "image/webp"].contains(picture.kind),
            picture.bytes <= bytes
        else { return false }
        guard let width, let height, width > 0, height > 0 else { return true }
        return width + height <= sides && max(width, height) <= ratio * min(width, height)
    }
}
