import BerthLoop
package import BerthMemory

/// The picture of the built-in demo provider, which follows from its prompt alone.
///
/// It shows colours, discs and the prompt, and the word DEMO, so nobody takes it for a model's work.
package struct DemoPicture: Sendable {
    private let width: Int, height: Int
    private let top: Colour, bottom: Colour
    private let discs: [Disc]
    private let texts: [DemoText]
    /// The first row of the dark band with the prompt.
    private let band: Int

    /// The most pixels of a side.
    package static let most = 4_096
    /// The fewest pixels of a side.
    package static let least = 16
    /// The memory that drawing takes.
    package static let memory = ByteCount.mebibytes(1)
    /// The most bytes of the prompt that are drawn.
    private static let mostText = 160

    typealias Colour = SIMD3<Float>

    private struct Disc {
        let x: Float, y: Float, radius: Float
        let colour: Colour
    }

    /// Makes the picture of a prompt.
    ///
    /// The sides are brought into the allowed range.
    package init(prompt: String, width: Int, height: Int) {
        let (width, height) = (DemoPicture.side(width), DemoPicture.side(height))
        var random = SeededGenerator(seed: DemoPicture.hash(prompt))
        func colour() -> Colour {
            Colour(
                Float(random.fraction()) * 200 + 30,
                Float(random.fraction()) * 200 + 30,
                Float(random.fraction()) * 200 + 30
            )
        }
        (top, bottom) = (colour(), colour())
        let unit = Float(min(width, height))
        discs = (0..<8).map { _ in
            Disc(
                x: Float(random.fraction()) * Float(width),
                y: Float(random.fraction()) * Float(height),
                radius: unit * (0.08 + 0.25 * Float(random.fraction())),
                colour: colour()
            )
        }
        (self.width, self.height) = (width, height)
        let large = max(1, min(width, height) / 60)
        let small = max(1, min(width, height) / 200)
        let columns = max(1, (width - 4 * small) / (DemoText.advance * small))
        let letters = Array(prompt.utf8.prefix(DemoPicture.mostText))
        let lines = (0..<min(2, (letters.count + columns - 1) / columns)).map {
            Array(letters[$0 * columns..<min(($0 + 1) * columns, letters.count)])
        }
        let line = DemoText.height * small + 2 * small
        let band = height - line * lines.count - 2 * small
        self.band = band
        texts =
            [DemoText(Array("DEMO".utf8), x: 2 * large, y: 2 * large, scale: large)]
            + lines.enumerated().map { index, letters in
                DemoText(letters, x: 2 * small, y: band + 2 * small + index * line, scale: small)
            }
    }

    private static func side(_ size: Int) -> Int { min(max(size, least), most) }

    /// The FNV-1a hash of the prompt.
    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// Writes the picture as a PNG.
    ///
    /// It takes about 50 ms for a megapixel, so it is called on a thread that may block.
    ///
    /// - Throws: ``PictureError/notWritten(_:)``.
    package func write(to sink: any PictureSink) throws(PictureError) {
        let writer = try PNGWriter(width: width, height: height, to: sink)
        for y in 0..<height { try writer.add(row(y)) }
        try writer.finish()
    }

    private func row(_ y: Int) -> [UInt8] {
        let near = discs.filter { abs($0.y - Float(y)) < $0.radius }
        let written = texts.filter { $0.covers(y) }
        let part = Float(y) / Float(height)
        let ground = top + (bottom - top) * part
        var bytes: [UInt8] = []
        bytes.reserveCapacity(3 * width)
        for x in 0..<width {
            var colour = ground
            for disc in near {
                let (across, down) = (disc.x - Float(x), disc.y - Float(y))
                let distance = across * across + down * down
                guard distance < disc.radius * disc.radius else { continue }
                colour += (disc.colour - colour) * 0.5
            }
            if y >= band { colour *= 0.3 }
            if written.contains(where: { $0.isInk(x, y) }) { colour = Colour(repeating: 255) }
            for channel in 0..<3 { bytes.append(UInt8(min(255, max(0, colour[channel])))) }
        }
        return bytes
    }
}
