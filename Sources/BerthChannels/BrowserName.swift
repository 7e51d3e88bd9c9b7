import BerthText

/// The browser and the system that a `User-Agent` names, by which a person recognises a login.
enum BrowserName {
    /// The words of a header by which a browser is known, those of the special ones first: nearly
    /// every browser also names Chrome or Safari.
    private static let browsers = [
        ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"),
        ("Vivaldi/", "Vivaldi"), ("YaBrowser/", "Yandex Browser"), ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
    ]
    private static let systems = [
        ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
        ("CrOS", "ChromeOS"), ("Mac OS X", "macOS"), ("Linux", "Linux"),
    ]
    /// The part of a header that is read, in bytes.
    private static let mostRead = 512

    /// The name, such as `Firefox on Android`.
    ///
    /// Nothing of the header itself is in it. It is empty if neither is known.
    static func of(_ agent: String?) -> String {
        let agent = Array((agent ?? "").cut(toBytes: mostRead).utf8)
        let find = { (table: [(String, String)]) in
            table.first { agent.offset(of: $0.0) != nil }?.1
        }
        return [find(browsers), find(systems)].compactMap { $0 }.joined(separator: " on ")
    }
}
