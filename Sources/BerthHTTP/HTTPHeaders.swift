/// The header fields of a request or an answer.
///
/// They stay in order and may repeat. Names are compared without case (RFC 9110, section 5.1).
package struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    private var fields: [Field] = []

    fileprivate struct Field: Sendable, Equatable {
        var name: String
        var value: String
    }

    /// Makes an empty list.
    package init() {}

    /// Makes an empty list with room for the fields of most requests.
    static func roomy() -> HTTPHeaders {
        var headers = HTTPHeaders()
        headers.fields.reserveCapacity(8)
        return headers
    }

    /// Makes the fields in the literal's order, including repeated names.
    package init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }

    /// The value of the first field called `name`.
    ///
    /// Setting a value replaces every field of that name, at the position of the first. Setting nil
    /// removes them all.
    package subscript(name: String) -> String? {
        get { fields.first { HTTPHeaders.isSame($0.name, name) }?.value }
        set {
            let place = fields.firstIndex { HTTPHeaders.isSame($0.name, name) }
            fields.removeAll { HTTPHeaders.isSame($0.name, name) }
            guard let newValue else { return }
            fields.insert(Field(name: name, value: newValue), at: place ?? fields.count)
        }
    }

    /// The values of every field called `name`, in order.
    package func all(_ name: String) -> [String] {
        fields.compactMap { HTTPHeaders.isSame($0.name, name) ? $0.value : nil }
    }

    /// Appends a field and keeps earlier ones of the same name.
    package mutating func add(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// Whether two names are equal without regard to the case of ASCII letters.
    package static func isSame(_ first: String, _ second: String) -> Bool {
        guard first.utf8.count == second.utf8.count else { return false }
        var (first, second) = (first, second)
        return first.withUTF8 { first in
            second.withUTF8 { second in
                unsafe first.elementsEqual(second) { lowercase($0) == lowercase($1) }
            }
        }
    }

    /// Whether `name` is a token, which RFC 9110, section 5.6.2, requires of a field's name.
    package static func isToken(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { tokenBytes[Int($0)] }
    }

    /// Whether each byte may stand in a token.
    private static let tokenBytes = (UInt8.min...UInt8.max).map(isTokenByte)

    /// Whether `value` can be a field's value, which contains no control character except a tab.
    package static func isValue(_ value: String) -> Bool {
        value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        0x41...0x5A ~= byte ? byte | 0x20 : byte
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
        default: false
        }
    }
}

extension HTTPHeaders: Sequence {
    /// Iterates over `(name:, value:)` in order.
    package struct Iterator: IteratorProtocol {
        private var rest: [Field].Iterator

        fileprivate init(_ fields: [Field]) { rest = fields.makeIterator() }

        package mutating func next() -> (name: String, value: String)? {
            rest.next().map { (name: $0.name, value: $0.value) }
        }
    }

    package func makeIterator() -> Iterator { Iterator(fields) }

    /// The number of fields.
    package var count: Int { fields.count }
}
