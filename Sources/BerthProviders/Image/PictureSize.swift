/// The size of a picture that is asked for, in pixels.
package struct PictureSize: Equatable, Sendable, CustomStringConvertible {
    /// From 1 to ``most``.
    package let width: Int
    /// From 1 to ``most``.
    package let height: Int

    /// The longest side that can be asked for.
    package static let most = 8192

    /// Makes a size, or nil if a side is not from 1 to ``most``.
    package init?(width: Int, height: Int) {
        let sides = 1...PictureSize.most
        guard sides.contains(width), sides.contains(height) else { return nil }
        self.width = width
        self.height = height
    }

    /// Reads text such as `1024x1536`, or returns nil if it is anything else.
    package init?(_ text: String) {
        guard text.utf8.count <= 11 else { return nil }
        let sides = text.utf8.split(separator: UInt8(ascii: "x"), omittingEmptySubsequences: false)
        guard sides.count == 2, sides.allSatisfy({ PictureSize.isNumber($0) }),
            let width = Int(String(sides[0]) ?? ""), let height = Int(String(sides[1]) ?? "")
        else { return nil }
        self.init(width: width, height: height)
    }

    private static func isNumber(_ text: some Sequence<UInt8>) -> Bool {
        text.allSatisfy { (0x30...0x39).contains($0) }
    }

    package var description: String { "\(width)x\(height)" }
}
