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
    /// The longest name of a member in bytes, with its quotes and escapes.
    ///
    /// Names are compared, sorted and looked up, so that a long one would cost more than its bytes.
    package static let mostName = 1024
    /// The longest number that is read, in bytes.
    ///
    /// Longer ones are valid JSON and are passed on, but no number that Berth reads needs them.
    private static let mostDigits = 64

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
    /// numbers NaN and Infinity of Python become null. Anything after the object is dropped. Members
    /// beyond ``mostMembers`` and those with a longer name than ``mostName`` are not read.
    ///
    /// - Throws: ``JSONError`` if they do not begin with an object.
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
            guard key.count <= JSONObject.mostName else {
                if takesLast { return }
                throw JSONError(reason: "a member's name is too long", offset: key.lowerBound)
            }
            let member = Member(key, value, in: bytes)
            let name = member.name(in: bytes)
            if let known = JSONObject.place(of: name, in: members, bytes, &places) {
                if takesLast {
                    members[known] = member
                    return
                }
                let name = JSONObject.text(bytes[key]).shortened()
                throw JSONError(
                    reason: "the member '\(name)' stands twice",
                    offset: key.lowerBound
                )
            }
            guard members.count < JSONObject.mostMembers else {
                if takesLast { return }
                throw JSONError(
                    reason: "an object has more than \(JSONObject.mostMembers) members",
                    offset: key.lowerBound
                )
            }
            members.append(member)
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
        // A member beyond the bound is not kept.
        if members.count < mostMembers { places[name] = members.count }
        return nil
    }

    /// Calls `visit` with the name, without escapes, and the value of each member, in order.
    ///
    /// The error of `visit` ends the walk.
    package func each<Failure: Error>(
        _ visit: (ArraySlice<UInt8>, ArraySlice<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        for member in members { try visit(member.name(in: bytes), bytes[member.value]) }
    }

    /// Whether a member's name, without escapes, and its value are as `isWanted` says.
    package func contains(
        where isWanted: (ArraySlice<UInt8>, ArraySlice<UInt8>) -> Bool
    ) -> Bool {
        members.contains { isWanted($0.name(in: bytes), bytes[$0.value]) }
    }

    /// The number of members.
    package var count: Int { members.count }

    /// The members without those of the names `ignored`, in the order of the bytes of their names.
    package func sorted(
        without ignored: [String]
    ) -> [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] {
        members.filter { member in !ignored.contains { isMember(member, called: $0) } }
            .map { (name: $0.name(in: bytes), value: bytes[$0.value]) }
            .sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }

    /// Whether the object has no member.
    package var isEmpty: Bool { members.isEmpty }

    /// The bytes of a member's value, or nil if there is no member of that name.
    package func value(_ name: String) -> ArraySlice<UInt8>? {
        members.first { isMember($0, called: name) }.map { bytes[$0.value] }
    }

    private func isMember(_ member: Member, called name: String) -> Bool {
        // Most names differ in length, which needs no comparison of bytes.
        member.length == name.utf8.count && JSONObject.isSame(member.name(in: bytes), name)
    }

    private static func isSame(_ bytes: ArraySlice<UInt8>, _ text: String) -> Bool {
        var text = text
        return text.withUTF8 { text in
            unsafe bytes.withUnsafeBytes { bytes in
                unsafe bytes.elementsEqual(text)
            }
        }
    }

    /// Whether every member is null or has one of `names`.
    package func hasOnly(_ names: [String]) -> Bool {
        members.allSatisfy { member in
            names.contains { isMember(member, called: $0) } || isNull(bytes[member.value])
        }
    }

    /// Whether a member of that name exists and is not null.
    package func has(_ name: String) -> Bool {
        value(name).map { !isNull($0) } ?? false
    }

    /// Whether a value is `null`, the only one that begins with its letter.
    private func isNull(_ value: ArraySlice<UInt8>) -> Bool { value.first == UInt8(ascii: "n") }

    /// The value of a string member, or nil if it is missing or has another type.
    package func string(_ name: String) -> String? {
        guard let value = value(name), value.first == UInt8(ascii: "\"") else { return nil }
        return JSONObject.text(value)
    }

    /// The value of a string member of at most `most` bytes, or nil if it is missing, is longer or
    /// has another type.
    ///
    /// It is for names and words of a list. Comparing and hashing a `String` normalizes it, which
    /// for a long one takes many times as long as reading it.
    package func word(_ name: String, most: Int = 128) -> String? {
        guard let value = value(name), value.count <= most + 2 else { return nil }
        return string(name)
    }

    /// The value of a member that is a whole number of 63 bits, or nil if it is missing or is not
    /// one.
    package func integer(_ name: String) -> Int? { digits(name).flatMap { Int($0) } }

    /// The value of a member that is a number, or nil if it is missing or has another type.
    ///
    /// The number is finite.
    package func number(_ name: String) -> Double? {
        digits(name).flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil }
    }

    private func digits(_ name: String) -> String? {
        guard let value = value(name), value.count <= JSONObject.mostDigits,
            let first = value.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first)
        else { return nil }
        return String(decoding: value, as: UTF8.self)
    }

    /// The value of a member that is `true` or `false`, or nil if it is missing or has another
    /// type.
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
    /// It is nil if the member is missing, has another type, or has more than ``mostMembers``
    /// elements.
    package func elements(_ name: String) -> [Range<Int>]? {
        value(name).flatMap { elements(in: $0.indices) }
    }

    /// The elements of the array at `range`, as ``elements(_:)`` returns them.
    package func elements(in range: Range<Int>) -> [Range<Int>]? {
        guard bytes[range].first == UInt8(ascii: "[") else { return nil }
        var scanner = JSONScanner(bytes, in: range)
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

    /// An element of ``elements(_:)`` as an object, or nil if it has another type or a duplicate
    /// name.
    package func object(at range: Range<Int>) -> JSONObject? {
        try? JSONObject(checked: bytes, in: range, isWhole: false, takesLast: takesLast)
    }

    /// The object's own text, without anything around it.
    package var text: ArraySlice<UInt8> { bytes[start..<end] }

    /// The text with some members replaced, appended if they are missing, or removed if nil.
    ///
    /// The members named in `dropped` are left out too.
    package func setting(
        _ changes: KeyValuePairs<String, [UInt8]?>,
        dropping dropped: [String] = []
    ) -> [UInt8] {
        setting(changes.map { ($0.key, $0.value) }, dropping: dropped)
    }

    /// The text with some members replaced, appended if they are missing, or removed if nil.
    ///
    /// The members named in `dropped` are left out too.
    package func setting(
        _ changes: [(String, [UInt8]?)],
        dropping dropped: [String] = []
    ) -> [UInt8] {
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
                if !dropped.contains(where: { isMember(member, called: $0) }) {
                    add(bytes[member.key], bytes[member.value])
                }
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

    private static func isUTF8(_ bytes: [UInt8]) -> Bool {
        (try? UTF8Span(validating: bytes.span)) != nil
    }
}
