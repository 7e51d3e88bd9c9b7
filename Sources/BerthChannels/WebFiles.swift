/// The files of `Web`, which SwiftPM builds into the binary.
enum WebFiles {
    static var page: [UInt8] { PackageResources.index_html }
    static var login: [UInt8] { PackageResources.login_html }
    static var style: [UInt8] { PackageResources.chat_css }
    static var icon: [UInt8] { PackageResources.icon_svg }
    /// The page's modules, by the names that it loads them by.
    static var scripts: KeyValuePairs<String, [UInt8]> {
        [
            "chat.js": PackageResources.chat_js, "dom.js": PackageResources.dom_js,
            "frame.js": PackageResources.frame_js, "inline.js": PackageResources.inline_js,
            "markdown.js": PackageResources.markdown_js, "server.js": PackageResources.server_js,
            "turn.js": PackageResources.turn_js,
        ]
    }
}
