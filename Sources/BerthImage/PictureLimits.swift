package import BerthMemory

/// The limits of pictures, which are checked before a decoder runs.
package struct PictureLimits: Equatable, Sendable {
    /// The most bytes of a picture's file.
    package var encoded = ByteCount.mebibytes(32)
    /// The most pixels of a side.
    package var side = 16_384
    /// The most pixels of a frame.
    package var pixels = 100_000_000
    /// The most frames of an animation.
    package var frames = 1_000
    /// The longest time of a conversion, in which the picture also arrives.
    package var time = Duration.seconds(30)
    /// The longest wait for memory.
    package var patience = Duration.seconds(10)

    /// Makes the usual limits.
    package init() {}

    /// Checks a header.
    ///
    /// - Throws: ``PictureError/tooLarge(_:is:most:)``.
    package func check(_ header: PictureHeader) throws(PictureError) {
        let longer = max(header.width, header.height)
        guard longer <= side else { throw .tooLarge(.side, is: longer, most: side) }
        guard header.pixels <= pixels else {
            throw .tooLarge(.pixels, is: header.pixels, most: pixels)
        }
        try check(frames: header.frames ?? 1)
    }

    /// Checks a number of frames, which some formats tell only at the end.
    func check(frames count: Int) throws(PictureError) {
        guard count <= frames else { throw .tooLarge(.frames, is: count, most: frames) }
    }
}
