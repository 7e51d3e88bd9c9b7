import BerthText

/// The reverse proxies whose `X-Forwarded-For` and `Forwarded` fields name the client.
package struct TrustedProxies: Equatable, Sendable {
    private var blocks: [AddressBlock] = []
    private var trustsUnix = false

    /// Trusts no proxy.
    package init() {}

    /// Trusts the proxies at `texts`: addresses, CIDR blocks, or `unix` for every process that
    /// connects to a Unix-domain socket.
    ///
    /// - Returns: nil if one of them is none of these.
    package init?(_ texts: [String]) {
        for text in texts {
            if text == "unix" {
                trustsUnix = true
            } else if let block = AddressBlock(text) {
                blocks.append(block)
            } else {
                return nil
            }
        }
    }

    /// Whether requests from `peer` may name another client.
    func trusts(_ peer: HTTPPeer) -> Bool {
        switch peer {
        case .local: trustsUnix
        case .network(let address):
            !blocks.isEmpty && IPAddress(address).map { trusts($0.unmapped) } ?? false
        }
    }

    private func trusts(_ address: IPAddress) -> Bool { blocks.contains { $0.contains(address) } }

    /// The client for whom a trusted proxy forwards a request: the rightmost forwarded address that
    /// is not a trusted proxy's.
    ///
    /// Addresses further left were written by the client, so they prove nothing. The search ends at
    /// an element that is no address, because the elements left of it may be the client's as well.
    /// `X-Forwarded-For` counts if a request has both fields, because most proxies append to it
    /// and pass a client's `Forwarded` on unchanged.
    ///
    /// - Returns: `proxy` if no address was forwarded.
    func client(of proxy: HTTPPeer, _ headers: HTTPHeaders) -> HTTPPeer {
        var client = proxy
        let elements = TrustedProxies.elements(of: headers).suffix(TrustedProxies.mostHops)
        for element in elements.reversed() {
            guard let address = TrustedProxies.address(element) else { break }
            client = .network(address: "\(address)")
            if !trusts(address) { break }
        }
        return client
    }

    /// The most elements that are looked at, from the right.
    private static let mostHops = 32
    private static let comma = UInt8(ascii: ",")

    private static func elements(of headers: HTTPHeaders) -> [Substring] {
        let lines = headers.all("X-Forwarded-For")
        guard lines.isEmpty else { return lines.flatMap { split($0[...], at: comma) } }
        return headers.all("Forwarded").flatMap { quotedSplit($0[...], at: comma) }.map { element in
            let pair = quotedSplit(element, at: UInt8(ascii: ";")).first {
                $0.cut(toBytes: 4).lowercased() == "for="
            }
            return pair?.dropFirst(4) ?? "unknown"
        }
    }

    /// Splits outside of quoted strings.
    ///
    /// A client's unclosed quotation mark must not swallow what a proxy appended, so an odd number
    /// of them means nothing.
    private static func quotedSplit(_ text: Substring, at separator: UInt8) -> [Substring] {
        let quotes = text.utf8.count { $0 == UInt8(ascii: "\"") }
        return split(text, at: separator, honoringQuotes: quotes.isMultiple(of: 2))
    }

    /// Splits, trims white space, and omits empty parts.
    private static func split(
        _ text: Substring,
        at separator: UInt8,
        honoringQuotes: Bool = false
    ) -> [Substring] {
        var isQuoted = false
        var parts: [Substring] = []
        var start = text.startIndex
        for index in text.utf8.indices {
            if honoringQuotes, text.utf8[index] == UInt8(ascii: "\"") { isQuoted.toggle() }
            guard text.utf8[index] == separator, !isQuoted else { continue }
            parts.append(text[start..<index])
            start = text.utf8.index(after: index)
        }
        parts.append(text[start...])
        return parts.map(trimmed).filter { !$0.isEmpty }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        var text = text.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text
    }

    /// Reads `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`, in
    /// quotes or not.
    private static func address(_ element: Substring) -> IPAddress? {
        var text = element
        if text.count > 1, text.first == "\"", text.last == "\"" {
            text = text.dropFirst().dropLast()
        }
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let port = text[text.index(after: end)...]
            guard port.isEmpty || port.first == ":" else { return nil }
            let inner = text[..<end].dropFirst()
            return inner.contains(":") ? IPAddress(String(inner))?.unmapped : nil
        }
        if text.count(where: { $0 == ":" }) == 1 { text = text.prefix { $0 != ":" } }
        return IPAddress(String(text))?.unmapped
    }
}
