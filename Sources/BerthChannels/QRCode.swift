import BerthLoop
import CQrencode

/// A text as a QR code, drawn by libqrencode as the path of an SVG.
package struct QRCode: Encodable, Sendable {
    /// The modules on each side, with the light border of four that a reader needs.
    let size: Int
    /// The dark modules, as the attribute `d` of a path in a view box of ``size``.
    let path: String

    /// The most modules on a side: those of the largest QR code.
    private static let widest = 177
    private static let border = 4

    /// Whether libqrencode can be loaded, which may read the disk.
    package static var isInstalled: Bool { draw("berth") != nil }

    /// Draws a text.
    ///
    /// - Returns: nil if libqrencode is not installed, or if the text is too long.
    static func drawing(_ text: String) async -> QRCode? {
        // The library is read from the disk, so it is opened off the loop, by one thread.
        await LargeWork.run(on: LargeWork.limit + 1) { draw(text) }
    }

    private static func draw(_ text: String) -> QRCode? {
        var modules = [UInt8](repeating: 0, count: widest * widest)
        let side = Int(unsafe berth_qr_draw(text, &modules, Int32(modules.count)))
        guard side > 0 else { return nil }
        var path = ""
        for row in 0..<side {
            var column = 0
            while column < side {
                let start = column
                while column < side, modules[row * side + column] == 1 { column += 1 }
                if column > start {
                    let width = column - start
                    path += "M\(start + border) \(row + border)h\(width)v1h-\(width)z"
                }
                column += 1
            }
        }
        return QRCode(size: side + 2 * border, path: path)
    }
}
