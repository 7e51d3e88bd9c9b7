/// A format of pictures that Berth reads.
package enum PictureFormat: String, CaseIterable, Sendable {
    /// ISO 10918-1, baseline and progressive.
    case jpeg
    /// ISO 15948, of an APNG the default picture.
    case png
    /// RFC 9649, of an animation the first frame.
    case webp
    /// GIF89a, the first frame.
    case gif
    /// AV1 pictures in HEIF (ISO 23008-12).
    case avif
    /// HEVC pictures in HEIF.
    case heic

    /// The media type, such as `image/jpeg`.
    package var mediaType: String { "image/\(rawValue)" }

    /// The name for people.
    package var name: String {
        switch self {
        case .jpeg, .png, .gif, .avif, .heic: rawValue.uppercased()
        case .webp: "WebP"
        }
    }

    /// The number of bytes that decide the format, which a file type box of HEIF may use.
    static let most = 512

    /// Recognises the format by the first bytes, never by a name or a media type.
    ///
    /// - Returns: nil if there are too few bytes and more may follow.
    /// - Throws: ``PictureError/notAPicture(_:)``, which says what the bytes are.
    static func of(_ bytes: ByteReader, isWhole: Bool) throws(PictureError) -> PictureFormat? {
        if bytes.count < 12, !isWhole { return nil }
        if bytes.has([0xFF, 0xD8, 0xFF], at: 0) { return .jpeg }
        if bytes.has([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], at: 0) { return .png }
        if bytes.has("GIF87a", at: 0) || bytes.has("GIF89a", at: 0) { return .gif }
        if bytes.has("RIFF", at: 0), bytes.has("WEBP", at: 8) { return .webp }
        if bytes.has("ftyp", at: 4) { return try ofBrands(bytes, isWhole: isWhole) }
        throw .notAPicture(ForeignContent(bytes))
    }

    /// Reads the brands of a file type box.
    private static func ofBrands(
        _ bytes: ByteReader,
        isWhole: Bool
    ) throws(PictureError) -> PictureFormat? {
        guard let size = bytes.u32(0), size >= 16, size <= most, size % 4 == 0 else {
            throw .notAPicture(.unknown)
        }
        guard bytes.count >= size else {
            if isWhole { throw .notAPicture(.unknown) }
            return nil
        }
        // The number at 12 is the minor version.
        let brands = [8] + stride(from: 16, to: size, by: 4)
        func names(_ names: [String]) -> Bool {
            brands.contains { at in names.contains { bytes.has($0, at: at) } }
        }
        if names(["avif", "avis"]) { return .avif }
        if names(["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1"]) { return .heic }
        throw .notAPicture(.unknown)
    }
}
