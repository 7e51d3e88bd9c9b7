import Glibc

/// The members of a JSON object, as places in its text.
struct JSONMembers: Sendable {
    /// The places of one member.
    ///
    /// The type is trivial, so that a list of members is copied and released in one piece.
    struct Member {
        /// The range of the key with its quotes.
        let key: Range<Int>
        let value: Range<Int>
        /// The bytes of the name without its escapes.
        fileprivate let length: Int
        /// The index in `unescaped` of a name that has escapes, or -1 for any other name.
        fileprivate let unescaped: Int
    }

    /// The members in their order.
    fileprivate(set) var list: [Member] = []
    /// The names that have escapes, without them.
    fileprivate var unescaped: [[UInt8]] = []

    /// The most members whose names are compared one by one, which needs no setup.
    private static let few = 16

    init() { list.reserveCapacity(8) }

    /// Makes the member of a key and a value.
    fileprivate mutating func member(_ key: Range<Int>, _ value: Range<Int>, in bytes: [UInt8])
        -> Member
    {
        let hasEscapes = unsafe bytes.withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress.map { unsafe $0 + key.lowerBound }
            return unsafe start.map { unsafe memchr($0, 0x5C, key.count) != nil } ?? false
        }
        guard hasEscapes else {
            return Member(key: key, value: value, length: key.count - 2, unescaped: -1)
        }
        let name = Array(JSONObject.text(bytes[key]).utf8)
        unescaped.append(name)
        return Member(
            key: key,
            value: value,
            length: name.count,
            unescaped: unescaped.count - 1
        )
    }

    /// The name of a member as bytes.
    ///
    /// Comparing bytes distinguishes "é" in one scalar and in two; `String` does not.
    func name(of member: Member, in bytes: [UInt8]) -> ArraySlice<UInt8> {
        guard member.unescaped < 0 else { return unescaped[member.unescaped][...] }
        return bytes[member.key.lowerBound + 1..<member.key.upperBound - 1]
    }

    /// The index of the member that has the name of `new` already, or nil if the name is new.
    ///
    /// Many names are looked up in `places`, so the time stays linear.
    fileprivate func place(
        of new: Member,
        in bytes: [UInt8],
        _ places: inout [ArraySlice<UInt8>: Int]
    ) -> Int? {
        let name = name(of: new, in: bytes)
        guard list.count >= JSONMembers.few else {
            return unsafe name.withUnsafeBytes { unsafe place(called: $0, in: bytes) }
        }
        if places.isEmpty {
            for (index, member) in list.enumerated() {
                places[self.name(of: member, in: bytes)] = index
            }
        }
        if let known = places[name] { return known }
        // A member beyond the bound is not kept.
        if list.count < JSONObject.mostMembers { places[name] = list.count }
        return nil
    }

    /// The first member that is called `name`, or nil if there is none.
    func first(_ name: String, in bytes: [UInt8]) -> Member? {
        var name = name
        let found: Int? = name.withUTF8 { name in
            unsafe place(called: UnsafeRawBufferPointer(name), in: bytes)
        }
        return found.map { list[$0] }
    }

    private func place(called name: UnsafeRawBufferPointer, in bytes: [UInt8]) -> Int? {
        let length = name.count
        // Most names differ in length, which needs no comparison of bytes.
        for place in list.indices where list[place].length == length {
            if unsafe isCalled(list[place], name, in: bytes) { return place }
        }
        return nil
    }

    /// Whether a member is called `name`.
    func isCalled(_ member: Member, _ name: String, in bytes: [UInt8]) -> Bool {
        guard member.length == name.utf8.count else { return false }
        var name = name
        return name.withUTF8 { unsafe isCalled(member, UnsafeRawBufferPointer($0), in: bytes) }
    }

    /// Whether a member is called `name`, which has the length of the member's name.
    private func isCalled(
        _ member: Member,
        _ name: UnsafeRawBufferPointer,
        in bytes: [UInt8]
    ) -> Bool {
        guard member.unescaped < 0 else {
            return unsafe unescaped[member.unescaped].elementsEqual(name)
        }
        return unsafe bytes.withUnsafeBytes { bytes in
            guard let name = name.baseAddress, let bytes = bytes.baseAddress else { return true }
            return unsafe memcmp(bytes + member.key.lowerBound + 1, name, member.length) == 0
        }
    }
}

extension JSONMembers {
    /// The members of an object that is being read.
    struct Reading {
        private(set) var members = JSONMembers()
        private let bytes: [UInt8]
        private let takesLast: Bool
        private var places: [ArraySlice<UInt8>: Int] = [:]

        /// Begins with no members.
        ///
        /// - Parameters:
        ///   - bytes: the text that holds the object.
        ///   - takesLast: whether the last of two members with one name counts.
        init(of bytes: [UInt8], takesLast: Bool) {
            (self.bytes, self.takesLast) = (bytes, takesLast)
        }

        /// Adds the member of a key, which has its quotes, and a value.
        mutating func add(_ key: Range<Int>, _ value: Range<Int>) throws(JSONError) {
            guard key.count <= JSONObject.mostName else {
                if takesLast { return }
                throw JSONError(reason: "a member's name is too long", offset: key.lowerBound)
            }
            let member = members.member(key, value, in: bytes)
            if let known = members.place(of: member, in: bytes, &places) {
                if takesLast {
                    members.list[known] = member
                    return
                }
                let name = JSONObject.text(bytes[key]).shortened()
                throw JSONError(
                    reason: "the member '\(name)' stands twice",
                    offset: key.lowerBound
                )
            }
            guard members.list.count < JSONObject.mostMembers else {
                if takesLast { return }
                throw JSONError(
                    reason: "an object has more than \(JSONObject.mostMembers) members",
                    offset: key.lowerBound
                )
            }
            members.list.append(member)
        }
    }
}
