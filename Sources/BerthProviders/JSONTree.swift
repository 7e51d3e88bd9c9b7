import BerthText

/// A JSON value whose texts and lists can grow.
indirect enum JSONTree {
    /// A string, with its quotes.
    case text([UInt8])
    case list([JSONTree])
    case object([Member])
    /// Any other value.
    case other([UInt8])

    typealias Member = (name: String, value: JSONTree)

    /// The depth below which values do not grow.
    ///
    /// Reading an object reads all that is in it, at each depth again.
    private static let mostDepth = 16
    /// The members whose text is a name and does not grow.
    private static let names: Set = ["id", "type", "role", "name", "object", "format", "signature"]

    /// Reads an object.
    init(_ object: JSONObject) { self.init(object, depth: 0) }

    private init(_ object: JSONObject, depth: Int) {
        var members: [Member] = []
        object.each { name, value in
            let name = String(decoding: name, as: UTF8.self)
            members.append((name, JSONTree.of(value, in: object, depth: depth + 1)))
        }
        self = .object(members)
    }

    private static func of(
        _ value: ArraySlice<UInt8>,
        in holder: JSONObject,
        depth: Int
    ) -> JSONTree {
        guard value.first != UInt8(ascii: "\"") else { return .text(Array(value)) }
        guard depth < mostDepth else { return .other(Array(value)) }
        if let object = holder.object(at: value.indices) { return JSONTree(object, depth: depth) }
        guard let elements = holder.elements(in: value.indices) else { return .other(Array(value)) }
        return .list(
            elements.map { range in
                holder.object(at: range).map { JSONTree($0, depth: depth + 1) }
                    ?? .other(Array(holder.bytes[range]))
            }
        )
    }

    /// About the bytes that a value takes in memory.
    private var weight: Int {
        switch self {
        case .text(let bytes), .other(let bytes): bytes.count + JSONTree.overhead
        case .list(let list): list.reduce(JSONTree.overhead) { $0 + $1.weight }
        case .object(let members):
            members.reduce(JSONTree.overhead) { $0 + $1.name.utf8.count + $1.value.weight }
        }
    }

    /// The memory of a value beside its bytes.
    private static let overhead = 64

    /// Adds what a later chunk has.
    ///
    /// - Returns: about the bytes by which it grows.
    @discardableResult
    mutating func merge(_ other: JSONTree, named name: String = "") -> Int {
        switch (self, other) {
        case (_, .other(let bytes)) where bytes.elementsEqual("null".utf8): return 0
        case (.text(var text), .text(let more)) where !JSONTree.names.contains(name):
            self = .other([])  // so that the text is not copied
            text.removeLast()
            text += more.dropFirst()
            self = .text(text)
            return more.count - 2
        case (.text(let text), .text(let more)):
            guard more.count > 2 else { return 0 }
            self = other
            return more.count - text.count
        case (.object, .object(let members)):
            return change(to: members) { $0.merge($1, named: $2) }
        case (.list, .list(let more)): return mergeList(more)
        case (.other(let old), _):
            self = other
            return weight - old.count - JSONTree.overhead
        default: return 0  // a value of another type adds nothing
        }
    }

    /// Changes members of an object, and appends those that it does not have, up to
    /// ``JSONObject/mostMembers``.
    ///
    /// The time is linear, because a provider decides how many members there are.
    ///
    /// - Parameters:
    ///   - more: the members to change or append.
    ///   - change: changes a member, and returns the bytes by which it grows.
    /// - Returns: about the bytes by which the object grows.
    private mutating func change(
        to more: [Member],
        _ change: (inout JSONTree, JSONTree, String) -> Int
    ) -> Int {
        guard case .object(var members) = self else { return 0 }
        self = .other([])  // so that the members are not copied
        let isLarge = more.count > 8 && members.count + more.count > 32
        var places: [[UInt8]: Int] = [:]
        if isLarge {
            for (place, member) in members.enumerated() { places[Array(member.name.utf8)] = place }
        }
        var growth = 0
        for (name, value) in more {
            let known =
                isLarge
                ? places[Array(name.utf8)]
                : members.firstIndex { $0.name.hasBytes(of: name) }
            if let known {
                growth += change(&members[known].value, value, name)
            } else if members.count < JSONObject.mostMembers {
                if isLarge { places[Array(name.utf8)] = members.count }
                members.append((name, value))
                growth += name.utf8.count + value.weight
            }
        }
        self = .object(members)
        return growth
    }

    /// Merges elements with the same index, and appends the others, in linear time.
    ///
    /// - Returns: about the bytes by which the list grows.
    private mutating func mergeList(_ more: [JSONTree]) -> Int {
        guard case .list(var elements) = self else { return 0 }
        self = .other([])
        let isLarge = more.count > 8
        var places: [[UInt8]: Int] = [:]
        for (place, element) in elements.prefix(isLarge ? JSONObject.mostMembers : 0).enumerated() {
            if let index = element.index, places[index] == nil { places[index] = place }
        }
        var growth = 0
        for element in more {
            let index = element.index
            let known = index.flatMap { index in
                isLarge
                    ? places[index]
                    : elements.prefix(JSONObject.mostMembers).firstIndex { $0.index == index }
            }
            if let known {
                growth += elements[known].merge(element)
                continue
            }
            if isLarge, let index { places[index] = elements.count }
            elements.append(element)
            growth += element.weight
        }
        self = .list(elements)
        return growth
    }

    /// Sets members of an object.
    ///
    /// - Returns: about the bytes by which it grows.
    @discardableResult
    mutating func set(_ members: [Member]) -> Int {
        change(to: members) { old, new, _ in
            defer { old = new }
            return new.weight - old.weight
        }
    }

    /// Sets a member of an object.
    ///
    /// - Returns: about the bytes by which it grows.
    @discardableResult
    mutating func set(_ name: String, _ value: JSONTree) -> Int { set([(name, value)]) }

    /// Removes a member of an object.
    mutating func remove(_ name: String) {
        guard case .object(let members) = self else { return }
        self = .object(members.filter { !$0.name.hasBytes(of: name) })
    }

    /// Removes the member `index` of each element of a list, which only chunks have.
    mutating func removeIndexes(of name: String) {
        guard case .object(var members) = self,
            let place = members.firstIndex(where: { $0.name.hasBytes(of: name) }),
            case .list(let list) = members[place].value
        else { return }
        members[place].value = .list(
            list.map { element in
                guard case .object(let members) = element else { return element }
                return .object(members.filter { !$0.name.hasBytes(of: "index") })
            }
        )
        self = .object(members)
    }

    /// The value of a member `index`.
    private var index: [UInt8]? {
        guard case .object(let members) = self,
            case .other(let bytes) = members.first(where: { $0.name.hasBytes(of: "index") })?.value
        else { return nil }
        return bytes
    }

    /// The value as JSON.
    var bytes: [UInt8] {
        var out: [UInt8] = []
        write(to: &out)
        return out
    }

    private func write(to out: inout [UInt8]) {
        switch self {
        case .text(let bytes), .other(let bytes): out += bytes
        case .list(let list):
            out.append(UInt8(ascii: "["))
            for (place, element) in list.enumerated() {
                if place > 0 { out.append(UInt8(ascii: ",")) }
                element.write(to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let members):
            out.append(UInt8(ascii: "{"))
            for (place, member) in members.enumerated() {
                if place > 0 { out.append(UInt8(ascii: ",")) }
                out += JSON.quote(member.name)
                out.append(UInt8(ascii: ":"))
                member.value.write(to: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }
}
