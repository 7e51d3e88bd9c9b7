import BerthConfig
import BerthHTTP
import BerthText

/// The addresses that a request asks a provider to fetch.
///
/// A model server may stand in the same private network as Berth and fetches pictures, sounds and
/// files by itself. Only `data:` and public http addresses pass, whatever the server and the kind
/// of part.
struct ChatAddresses {
    /// The names of hosts, each once.
    ///
    /// A name may have a private address, which only a look-up shows.
    private(set) var hosts: [String] = []
    private var count = 0

    /// The most names of hosts in one request, each of which is looked up.
    static let mostHosts = 16
    /// The most strings in the parts of one request.
    static let mostStrings = 65_536
    /// The longest string that is read as an address, in bytes of JSON.
    private static let longest = 2 * PublicURL.longest

    /// Members whose strings are words for the model.
    private static let texts = [
        "text", "content", "refusal", "arguments", "input", "output", "reasoning",
        "reasoning_content", "thinking", "summary", "title", "name", "description",
    ]

    /// Checks every string within `range`.
    ///
    /// A string is an address if the name of its member says so, or if it begins with a scheme and
    /// is not a text.
    ///
    /// - Returns: whether any object has the member `cache_control`.
    /// - Throws: ``ChatRequest/Refusal`` for an address that is not public.
    mutating func check(
        _ request: JSONObject,
        in range: Range<Int>,
        at place: String
    ) throws(ChatRequest.Refusal) -> Bool {
        var (hasControl, copy) = (false, self)
        try request.walk(in: range) { (found) throws(ChatRequest.Refusal) in
            try copy.countOne(at: place)
            switch found {
            case .name(let name): hasControl = hasControl || ChatAddresses.isControl(name)
            case .string(let value, let name): try copy.check(value, of: name, at: place)
            }
        }
        self = copy
        return hasControl
    }

    private mutating func countOne(at place: String) throws(ChatRequest.Refusal) {
        count += 1
        guard count <= ChatAddresses.mostStrings else {
            throw ChatRequest.Refusal("the request has too many parts", parameter: place)
        }
    }

    private mutating func check(
        _ value: ArraySlice<UInt8>,
        of name: ArraySlice<UInt8>,
        at place: String
    ) throws(ChatRequest.Refusal) {
        guard ChatAddresses.isAddress(value, of: name), !ChatAddresses.isData(value) else { return }
        let text = value.count <= ChatAddresses.longest ? JSONObject.text(value) : ""
        guard let url = PublicURL(text) else {
            let member = JSONObject.text(name).shortened(toBytes: 40)
            throw ChatRequest.Refusal(
                "'\(place)': '\(member)' must be a data: URL or a public http address",
                parameter: place
            )
        }
        guard let host = url.name, !hosts.contains(host) else { return }
        guard hosts.count < ChatAddresses.mostHosts else {
            throw ChatRequest.Refusal(
                "the messages name more than \(ChatAddresses.mostHosts) hosts",
                parameter: place
            )
        }
        hosts.append(host)
    }

    // MARK: Bytes

    private static func isControl(_ name: ArraySlice<UInt8>) -> Bool {
        // Most names have no C, which needs no copy.
        guard name.contains(where: { $0 | 0x20 == UInt8(ascii: "c") || $0 == UInt8(ascii: "\\") })
        else { return false }
        let row = ChatMember.cacheControl.name
        return MemberTable.folded(unescaped(name)) == MemberTable.folded(Array(row.utf8)[...])
    }

    private static func isAddress(_ value: ArraySlice<UInt8>, of name: ArraySlice<UInt8>) -> Bool {
        let plain = unescaped(name)
        if names(anAddress: plain) { return true }
        guard
            value.prefix(256).contains(where: {
                $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "\\")
            })
        else { return false }
        return !texts.contains { $0.utf8.elementsEqual(plain) } && hasScheme(value)
    }

    /// Whether a name begins or ends with `url` or `uri`, alone or in the plural.
    private static func names(anAddress name: ArraySlice<UInt8>) -> Bool {
        let whole = name.last.map { $0 | 0x20 } == UInt8(ascii: "s") ? name.dropLast() : name
        return isURL(whole.suffix(3)) || isURL(whole.prefix(3))
    }

    private static func isURL(_ letters: ArraySlice<UInt8>) -> Bool {
        letters.elementsEqual("url".utf8) { $0 | 0x20 == $1 }
            || letters.elementsEqual("uri".utf8) { $0 | 0x20 == $1 }
    }

    /// A name without its quotes and escapes.
    private static func unescaped(_ name: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard name.contains(UInt8(ascii: "\\")) else { return name.dropFirst().dropLast() }
        return Array(JSONObject.text(name).utf8)[...]
    }

    /// The beginning of a string, without white space and controls, in small letters.
    private static func start(of value: ArraySlice<UInt8>) -> [UInt8] {
        let text = JSONObject.text(value.prefix(256) + [UInt8(ascii: "\"")])
        return text.utf8.filter { $0 > 0x20 }.smallLetters
    }

    /// Whether a string begins with a scheme and `//`, as URLs of servers and files do.
    private static func hasScheme(_ value: ArraySlice<UInt8>) -> Bool {
        let start = start(of: value)
        let scheme = start.prefix { $0 != UInt8(ascii: ":") }
        return (1...20).contains(scheme.count) && scheme.allSatisfy(isOfScheme)
            && start[scheme.endIndex...].starts(with: "://".utf8)
    }

    private static func isOfScheme(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || "+-.".utf8.contains(byte)
    }

    private static func isData(_ value: ArraySlice<UInt8>) -> Bool {
        start(of: value).starts(with: "data:".utf8)
    }
}
