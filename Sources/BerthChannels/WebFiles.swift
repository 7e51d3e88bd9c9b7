import BerthHTTP
import BerthLoop
import BerthText
import CHighlight
import CKatex

/// The files of `Web`, which SwiftPM builds into the binary, and the libraries, which the assembler does.
enum WebFiles {
    static var page: [UInt8] { PackageResources.index_html }
    static var login: [UInt8] { PackageResources.login_html }
    /// The page that asks for a code from another device.
    static var code: [UInt8] { PackageResources.code_html }
    /// The page at a path that has none.
    static var missing: [UInt8] { PackageResources.missing_html }
    static var host: [UInt8] { PackageResources.host_html }
    static var style: [UInt8] { PackageResources.chat_css }
    static var icon: [UInt8] { PackageResources.icon_svg }
    /// The description of the app for a home screen, and its icons.
    static var manifest: [UInt8] { PackageResources.app_webmanifest }
    static var smallIcon: [UInt8] { PackageResources.app_180_png }
    static var largeIcon: [UInt8] { PackageResources.app_512_png }
    /// The page of a shared conversation.
    static var shared: [UInt8] { PackageResources.shared_html }
    /// The page's modules, by the names that it loads them by.
    static var scripts: KeyValuePairs<String, [UInt8]> {
        [
            "access.js": PackageResources.access_js, "branches.js": PackageResources.branches_js,
            "chat.js": PackageResources.chat_js, "composer.js": PackageResources.composer_js,
            "dom.js": PackageResources.dom_js, "formula.js": PackageResources.formula_js,
            "frame.js": PackageResources.frame_js, "history.js": PackageResources.history_js,
            "inline.js": PackageResources.inline_js, "library.js": PackageResources.library_js,
            "lines.js": PackageResources.lines_js,
            "markdown.js": PackageResources.markdown_js,
            "own.js": PackageResources.own_js,
            "passkey.js": PackageResources.passkey_js,
            "paint.js": PackageResources.paint_js,
            "pictures.js": PackageResources.pictures_js, "server.js": PackageResources.server_js,
            "shared.js": PackageResources.shared_js, "state.js": PackageResources.state_js,
            "theme.js": PackageResources.theme_js, "tray.js": PackageResources.tray_js,
            "turn.js": PackageResources.turn_js, "versions.js": PackageResources.versions_js,
            "words.js": PackageResources.words_js,
        ]
    }

    /// A script without its comments, indentation and the line breaks that JavaScript does not need.
    ///
    /// A text in backticks must end in its line.
    static func compact(_ script: [UInt8]) -> [UInt8] {
        var compact: [UInt8] = []
        for line in script.split(separator: UInt8(ascii: "\n")) {
            let words = line.drop { $0 == UInt8(ascii: " ") }
            let isComment = ["//", "/**", "* ", "*/"].contains { words.starts(with: $0.utf8) }
            guard let last = words.last, !isComment, !words.elementsEqual("*".utf8) else {
                continue
            }
            compact += words
            // No statement ends after these. A comment at the end of a line needs its line break.
            let isOpen = "{,;([".utf8.contains(last) && Array(words).offset(of: "// ") == nil
            if !isOpen { compact.append(UInt8(ascii: "\n")) }
        }
        return compact
    }

    /// The most bytes of a library's script that are sent at once.
    ///
    /// KaTeX has 264 KiB and highlight.js 140, and each reader holds one piece.
    private static let piece = 16 * 1024

    /// Writes KaTeX's script, which draws formulas, from the program's read-only data.
    @Loop @Sendable static func writeKaTeX(_ writer: HTTPResponseWriter) async throws {
        let script = unsafe UnsafeBufferPointer(
            start: berth_katex_start(),
            count: berth_katex_size()
        )
        try await unsafe write(script, to: writer)
    }

    /// Writes highlight.js with its languages, which colours code, from the program's read-only
    /// data.
    @Loop @Sendable static func writeHighlight(_ writer: HTTPResponseWriter) async throws {
        let script = unsafe UnsafeBufferPointer(
            start: berth_highlight_start(),
            count: berth_highlight_size()
        )
        try await unsafe write(script, to: writer)
    }

    @Loop private static func write(
        _ script: UnsafeBufferPointer<UInt8>,
        to writer: HTTPResponseWriter
    ) async throws {
        for start in stride(from: 0, to: script.count, by: piece) {
            let end = min(start + piece, script.count)
            try await writer.write(unsafe Array(script[start..<end]))
        }
    }
}
