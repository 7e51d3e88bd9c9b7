package import BerthMemory

/// The result of a conversion.
package struct ConvertedPicture: Equatable, Sendable {
    /// The facts about the original.
    package let header: PictureHeader
    /// The size of the original's file.
    package let original: ByteCount
    /// The width and height in pixels of the result.
    package let width: Int, height: Int
    /// The size of the result.
    package let bytes: ByteCount
    /// The memory that was leased meanwhile.
    package let lease: ByteCount
}
