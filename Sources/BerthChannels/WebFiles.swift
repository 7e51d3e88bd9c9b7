/// The files of `Web`, which SwiftPM builds into the binary.
enum WebFiles {
    static var page: [UInt8] { PackageResources.index_html }
    static var login: [UInt8] { PackageResources.login_html }
    static var style: [UInt8] { PackageResources.chat_css }
    static var script: [UInt8] { PackageResources.chat_js }
    static var markdown: [UInt8] { PackageResources.markdown_js }
    static var icon: [UInt8] { PackageResources.icon_svg }
}
