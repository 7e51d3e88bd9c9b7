/// A JSON object whose members stay bytes.
///
/// Berth reads and replaces a few members and passes the rest on unchanged. Parsing the whole text
/// into a tree would cost 24 MiB for a picture of 8 MiB.
package struct JSONObject: Sendable {
    /// The whole checked text, which is one object in valid UTF-8 without duplicate names.
    package let bytes: [UInt8]

    private struct Member {
        /// The range of the key with its quotes.
        let key: Range<Int>
        let value: Range<Int>
        /// The unescaped name if it has escapes, or nil if it is the text between the quotes.
        let escaped: [UInt8]?

        init(_ key: Range<Int>, _ value: Range<Int>, in bytes: [UInt8]) {
            self.key = key
            self.value = value
            let isEscaped = bytes[key].contains(UInt8(ascii: "\\"))
            escaped = isEscaped ? Array(JSONObject.text(bytes[key]).utf8) : nil
        }

        /// The length of the name in bytes.
        var length: Int { escaped?.count ?? key.count - 2 }

        /// The name as bytes.
        ///
        /// Comparing bytes distinguishes "é" in one scalar and in two; `String` does not.
        func name(in bytes: [UInt8]) -> ArraySlice<UInt8> {
            escaped?[...] ?? bytes[key.lowerBound + 1..<key.upperBound - 1]
        }
    }

    private let members: [Member]
    private let start: Int
    private let end: Int
    /// Whether the last of two members with one name counts, as in a provider's answer.
    private let takesLast: Bool

    /// The most members of an object, and the most elements of a list that is read.
    ///
    /// Their ranges take up to ten times the bytes of the text.
    package static let mostMembers = 4096

    /// Checks all of `bytes`, in time linear in their number.
    ///
    /// - Throws: ``JSONError`` if they are not one object, if it has more than ``mostMembers``, or if a
    ///   name is duplicate, because two readers would see two different requests.
    package init(_ bytes: [UInt8]) throws(JSONError) {
        guard JSONObject.isUTF8(bytes) else {
            throw JSONError(reason: "it is not valid UTF-8", offset: 0)
        }
        try self.init(checked: bytes, in: 0..<bytes.count, isWhole: true)
    }

    /// Checks the object at the start of a provider's answer, which may be less strict than JSON.
    ///
    /// Of two members with one name the last counts. Bytes that are not UTF-8 become U+FFFD, and the
    /// numbers NaN and Infinity of Python become null. Anything after the object is dropped.
    ///
    /// - Throws: ``JSONError`` if they do not begin with an object, or it has more than
    ///   ``mostMembers``.
    package init(answer bytes: [UInt8]) throws(JSONError) {
        do throws(JSONError) {
            guard JSONObject.isUTF8(bytes) else {
                throw JSONError(reason: "it is not valid UTF-8", offset: 0)
            }
            try self.init(
                checked: bytes,
                in: 0..<bytes.count,
                isWhole: false,
                takesLast: true
            )
        } catch {
            let mended = JSONRepair.mended(bytes)
            guard mended != bytes else { throw error }
            try self.init(
                checked: mended,
                in: 0..<mended.count,
                isWhole: false,
                takesLast: true
            )
        }
    }

    /// The bytes after the object, which ``init(answer:)`` drops.
    package var rest: ArraySlice<UInt8> { bytes[end...] }

    private init(
        checked bytes: [UInt8],
        in range: Range<Int>,
        isWhole: Bool,
        takesLast: Bool = false
    ) throws(JSONError) {
        var scanner = JSONScanner(bytes, in: range)
        guard scanner.peek() == UInt8(ascii: "{") else {
            throw scanner.failure("an object is expected")
        }
        start = scanner.offset
        var members: [Member] = []
        members.reserveCapacity(8)
        var places: [ArraySlice<UInt8>: Int] = [:]
        try scanner.members { (key, value) throws(JSONError) in
            let member = Member(key, value, in: bytes)
            let name = member.name(in: bytes)
            if let known = JSONObject.place(of: name, in: members, bytes, &places) {
                if takesLast {
                    members[known] = member
                    return
                }
                // The message has only a part of the name, because a client chooses its length.
                let start = JSONObject.text(bytes[key]).unicodeScalars.prefix(64)
                throw JSONError(
                    reason: "the member '\(Substring(start))' stands twice",
                    offset: key.lowerBound
                )
            }
            members.append(member)
            guard members.count <= JSONObject.mostMembers else {
                throw JSONError(
                    reason: "an object has more than \(JSONObject.mostMembers) members",
                    offset: key.lowerBound
                )
            }
        }
        end = scanner.offset
        if isWhole, scanner.peek() != nil { throw scanner.failure("something follows the object") }
        self.bytes = bytes
        self.members = members
        self.takesLast = takesLast
    }

    /// The index of the member that already has `name`, or nil if the name is new.
    ///
    /// A few names are compared one by one, which needs no setup. Many are looked up in `places`, so
    /// the time stays linear.
    private static func place(
        of name: ArraySlice<UInt8>,
        in members: [Member],
        _ bytes: [UInt8],
        _ places: inout [ArraySlice<UInt8>: Int]
    ) -> Int? {
        guard members.count >= 16 else {
            return members.firstIndex { $0.name(in: bytes).elementsEqual(name) }
        }
        if places.isEmpty {
            for (index, member) in members.enumerated() { places[member.name(in: bytes)] = index }
        }
        if let known = places[name] { return known }
        places[name] = members.count
        return nil
    }

    /// The names of the members, in order.
    package var names: [String] {
        members.map { String(decoding: $0.name(in: bytes), as: UTF8.self) }
    }

    /// Whether the object has no member.
    package var isEmpty: Bool { members.isEmpty }

    /// The bytes of a member's value, or nil if there is no member of that name.
    package func value(_ name: String) -> ArraySlice<UInt8>? {
        members.first { isMember($0, called: name) }.map { bytes[$0.value] }
    }

    private func isMember(_ member: Member, called name: String) -> Bool {
        // Most names differ in length, which needs no comparison of bytes.
        member.length == name.utf8.count && member.name(in: bytes).elementsEqual(name.utf8)
    }

    /// Whether every member is null or has one of `names`.
    package func hasOnly(_ names: [String]) -> Bool {
        members.allSatisfy { member in
            names.contains { isMember(member, called: $0) }
                || bytes[member.value].elementsEqual("null".utf8)
        }
    }

    /// Whether a member of that name exists and is not null.
    package func has(_ name: String) -> Bool {
        value(name).map { !$0.elementsEqual("null".utf8) } ?? false
    }

    /// The value of a string member, or nil if it is missing or has another type.
    package func string(_ name: String) -> String? {
        guard let value = value(name), value.first == UInt8(ascii: "\"") else { return nil }
        return JSONObject.text(value)
    }

    /// The value of a member that is a whole number of 63 bits, or nil if it is missing or is not one.
    package func integer(_ name: String) -> Int? {
        value(name).flatMap { Int(String(decoding: $0, as: UTF8.self)) }
    }

    /// The value of a member that is `true` or `false`, or nil if it is missing or has another type.
    package func boolean(_ name: String) -> Bool? {
        guard let value = value(name) else { return nil }
        if value.elementsEqual("true".utf8) { return true }
        return value.elementsEqual("false".utf8) ? false : nil
    }

    /// The value of an object member, or nil if it is missing or has another type.
    package func object(_ name: String) -> JSONObject? {
        guard let value = value(name), value.first == UInt8(ascii: "{") else { return nil }
        return object(at: value.indices)
    }

    /// Whether a member is a string, of any length.
    package func isString(_ name: String) -> Bool { value(name)?.first == UInt8(ascii: "\"") }

    /// Whether a member is a list, of any length.
    package func isList(_ name: String) -> Bool { value(name)?.first == UInt8(ascii: "[") }

    /// The elements of an array member, as byte ranges of ``bytes``.
    ///
    /// It is nil if the member is missing, has another type, or has more than ``mostMembers`` elements.
    package func elements(_ name: String) -> [Range<Int>]? {
        guard let value = value(name), value.first == UInt8(ascii: "[") else { return nil }
        var scanner = JSONScanner(bytes, in: value.indices)
        var elements: [Range<Int>] = []
        // The text was checked before, so this pass can fail only at the bound.
        let isWhole: Void? = try? scanner.elements { (element) throws(JSONError) in
            guard elements.count < JSONObject.mostMembers else {
                throw JSONError(reason: "too many elements", offset: element.lowerBound)
            }
            elements.append(element)
        }
        return isWhole.map { elements }
    }

    /// An element of ``elements(_:)`` as an object, or nil if it has another type or a duplicate name.
    package func object(at range: Range<Int>) -> JSONObject? {
        try? JSONObject(checked: bytes, in: range, isWhole: false, takesLast: takesLast)
    }

    /// The object's own text, without anything around it.
    package var text: ArraySlice<UInt8> { bytes[start..<end] }

    /// The text with some members replaced, appended if they are missing, or removed if nil.
    package func setting(_ changes: KeyValuePairs<String, [UInt8]?>) -> [UInt8] {
        setting(changes.map { ($0.key, $0.value) })
    }

    /// The text with some members replaced, appended if they are missing, or removed if nil.
    package func setting(_ changes: [(String, [UInt8]?)]) -> [UInt8] {
        var out: [UInt8] = [UInt8(ascii: "{")]
        out.reserveCapacity(end - start + 64)
        func add(_ key: some Sequence<UInt8>, _ value: some Sequence<UInt8>) {
            if out.count > 1 { out.append(UInt8(ascii: ",")) }
            out += key
            out.append(UInt8(ascii: ":"))
            out += value
        }
        for member in members {
            guard let change = changes.first(where: { isMember(member, called: $0.0) }) else {
                add(bytes[member.key], bytes[member.value])
                continue
            }
            if let value = change.1 { add(bytes[member.key], value) }
        }
        for (name, value) in changes where !members.contains(where: { isMember($0, called: name) })
        {
            if let value { add(JSON.quote(name), value) }
        }
        out.append(UInt8(ascii: "}"))
        return out
    }

    /// The text of a checked JSON string without escapes.
    ///
    /// Lone surrogates become U+FFFD.
    package static func text(_ quoted: ArraySlice<UInt8>) -> String {
        let inner = quoted.dropFirst().dropLast()
        guard inner.contains(UInt8(ascii: "\\")) else {
            return String(decoding: inner, as: UTF8.self)
        }
        var units: [UInt16] = []
        var rest = Substring(decoding: inner, as: UTF8.self).utf16[...]
        while let unit = rest.popFirst() {
            guard unit == 0x5C, let escape = rest.popFirst() else {
                units.append(unit)
                continue
            }
            switch UnicodeScalar(escape) {
            case "u":
                units.append(UInt16(String(Substring(rest.prefix(4))), radix: 16) ?? 0xFFFD)
                rest = rest.dropFirst(4)
            case "b": units.append(0x08)
            case "f": units.append(0x0C)
            case "n": units.append(0x0A)
            case "r": units.append(0x0D)
            case "t": units.append(0x09)
            default: units.append(escape)
            }
        }
        return String(decoding: units, as: UTF16.self)
    }

    /// The escape of the first half of a surrogate pair at the end of a checked JSON string.
    ///
    /// Its other half is the start of a later string if a provider cuts a text within a character.
    ///
    /// - Returns: the six bytes of the escape, or nil if the string ends otherwise.
    package static func half(endOf quoted: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let escape = quoted.dropLast().suffix(6)
        guard escape.count == 6, quoted.count >= 8, escape.starts(with: "\\u".utf8),
            [UInt8(ascii: "d"), UInt8(ascii: "D")].contains(escape[escape.startIndex + 2]),
            "89abAB".utf8.contains(escape[escape.startIndex + 3])
        else { return nil }
        let slashes = quoted[..<escape.startIndex].reversed().prefix { $0 == UInt8(ascii: "\\") }
        return slashes.count.isMultiple(of: 2) ? escape : nil
    }

    private static func isUTF8(_ bytes: [UInt8]) -> Bool {
        (try? UTF8Span(validating: bytes.span)) != nil
    }
}
