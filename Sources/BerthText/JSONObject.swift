import BerthLoop

/// A JSON object whose members stay bytes.
///
/// Berth reads and replaces a few members and passes the rest on unchanged. Parsing the whole text
/// into a tree would cost 24 MiB for a picture of 8 MiB.
package struct JSONObject: Sendable {
    /// The whole checked text, which is one object in valid UTF-8 without duplicate names.
    package let bytes: [UInt8]

    private typealias Member = JSONMembers.Member

    private let members: JSONMembers
    private let index: JSONIndex
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
        var scanner = JSONScanner(bytes, in: range, isIndexed: true)
        guard scanner.peek() == UInt8(ascii: "{") else {
            throw scanner.failure("an object is expected")
        }
        start = scanner.offset
        var reading = JSONMembers.Reading(of: bytes, takesLast: takesLast)
        try scanner.members { (key, value) throws(JSONError) in try reading.add(key, value) }
        end = scanner.offset
        if isWhole, scanner.peek() != nil { throw scanner.failure("something follows the object") }
        self.bytes = bytes
        members = reading.members
        index = scanner.index
        self.takesLast = takesLast
    }

    /// Reads the object at `start` of a text that was checked and indexed.
    ///
    /// - Throws: ``JSONError`` for a duplicate name. The object is nil if the index does not hold it.
    private init?(
        indexed bytes: [UInt8],
        at start: Int,
        _ index: JSONIndex,
        _ takesLast: Bool
    ) throws(JSONError) {
        guard bytes[start] == UInt8(ascii: "{") else { return nil }
        var reading = JSONMembers.Reading(of: bytes, takesLast: takesLast)
        let end = try index.each(within: start) { (key, value) throws(JSONError) in
            try reading.add(key, value)
        }
        guard let end else { return nil }
        (self.bytes, self.start, self.end) = (bytes, start, end)
        (members, self.index, self.takesLast) = (reading.members, index, takesLast)
    }

    private func name(of member: Member) -> ArraySlice<UInt8> {
        members.name(of: member, in: bytes)
    }

    /// Calls `visit` with the name, without escapes, and the value of each member, in order.
    ///
    /// The error of `visit` ends the walk.
    package func each<Failure: Error>(
        _ visit: (ArraySlice<UInt8>, ArraySlice<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        for member in members.list { try visit(name(of: member), bytes[member.value]) }
    }

    /// Whether a member's name, without escapes, and its value are as `isWanted` says.
    package func contains(
        where isWanted: (ArraySlice<UInt8>, ArraySlice<UInt8>) -> Bool
    ) -> Bool {
        members.list.contains { isWanted(name(of: $0), bytes[$0.value]) }
    }

    /// The number of members.
    package var count: Int { members.list.count }

    /// The members without those of the names `ignored`, in the order of the bytes of their names.
    package func sorted(
        without ignored: [String]
    ) -> [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] {
        members.list.filter { member in !ignored.contains { isMember(member, called: $0) } }
            .sorted { name(of: $0).lexicographicallyPrecedes(name(of: $1)) }
            .map { (name: name(of: $0), value: bytes[$0.value]) }
    }

    /// Whether the object has no member.
    package var isEmpty: Bool { members.list.isEmpty }

    /// The bytes of a member's value, or nil if there is no member of that name.
    package func value(_ name: String) -> ArraySlice<UInt8>? {
        member(name).map { bytes[$0.value] }
    }

    private func member(_ name: String) -> Member? { members.first(name, in: bytes) }

    private func isMember(_ member: Member, called name: String) -> Bool {
        members.isCalled(member, name, in: bytes)
    }

    /// The first byte of a member's value, which tells its type, or nil if there is no such member.
    private func first(_ name: String) -> UInt8? { member(name).map { bytes[$0.value.lowerBound] } }

    /// Whether every member is null or has one of `names`.
    package func hasOnly(_ names: [String]) -> Bool {
        members.list.allSatisfy { member in
            names.contains { isMember(member, called: $0) } || isNull(bytes[member.value])
        }
    }

    /// Whether a member of that name exists and is not null.
    package func has(_ name: String) -> Bool {
        first(name).map { $0 != UInt8(ascii: "n") } ?? false
    }

    /// Whether the text may have a member of that name, in the object or anywhere within it.
    ///
    /// It tells at once that most chunks of a stream have no usage and no error.
    package func mayHave(_ name: String) -> Bool {
        bytes.offset(of: name) != nil || bytes.firstIndex(ofByte: UInt8(ascii: "\\")) < bytes.count
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
        guard let member = member(name), bytes[member.value.lowerBound] == UInt8(ascii: "{") else {
            return nil
        }
        return object(at: member.value)
    }

    /// Whether a member is a string, of any length.
    package func isString(_ name: String) -> Bool { first(name) == UInt8(ascii: "\"") }

    /// Whether a member is a list, of any length.
    package func isList(_ name: String) -> Bool { first(name) == UInt8(ascii: "[") }

    /// The elements of an array member, as byte ranges of ``bytes``.
    ///
    /// It is nil if the member is missing, has another type, or has more than ``mostMembers``
    /// elements.
    package func elements(_ name: String) -> [Range<Int>]? {
        member(name).flatMap { elements(in: $0.value) }
    }

    /// The elements of the array at `range`, as ``elements(_:)`` returns them.
    package func elements(in range: Range<Int>) -> [Range<Int>]? {
        guard bytes[range].first == UInt8(ascii: "[") else { return nil }
        var elements: [Range<Int>] = []
        // An index has fewer values than a list may have.
        if index.each(within: range.lowerBound, { elements.append($1) }) != nil { return elements }
        var scanner = JSONScanner(bytes, in: range)
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
        do throws(JSONError) {
            let known = try JSONObject(indexed: bytes, at: range.lowerBound, index, takesLast)
            if let known { return known }
            return try JSONObject(checked: bytes, in: range, isWhole: false, takesLast: takesLast)
        } catch { return nil }
    }

    /// Whether all values of the text are indexed, of which there are at most ``JSONIndex/mostValues``.
    package var isIndexed: Bool { index.isWhole }

    /// The work of reading all of the text, as ``LargeWork`` counts it in bytes.
    ///
    /// A text with very many values is large work whatever its length: a list of empty objects takes
    /// 1 µs a byte to be walked.
    package var work: Int { isIndexed ? bytes.count : max(bytes.count, LargeWork.limit + 1) }

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
        for member in members.list {
            guard let change = changes.first(where: { isMember(member, called: $0.0) }) else {
                if !dropped.contains(where: { isMember(member, called: $0) }) {
                    add(bytes[member.key], bytes[member.value])
                }
                continue
            }
            if let value = change.1 { add(bytes[member.key], value) }
        }
        for (name, value) in changes where member(name) == nil {
            if let value { add(JSON.quote(name), value) }
        }
        out.append(UInt8(ascii: "}"))
        return out
    }

    private static func isUTF8(_ bytes: [UInt8]) -> Bool {
        (try? UTF8Span(validating: bytes.span)) != nil
    }
}
