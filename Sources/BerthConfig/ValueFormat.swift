package import BerthMemory
import BerthText

/// How a value is written: what is allowed, how it is read and how it is shown again.
package struct ValueFormat<Value: Sendable>: Sendable {
    /// What is allowed, to follow "is not", as `a whole number from 1 to 10`.
    package let expected: String
    /// The value; nil where the text is not what is expected.
    package let read: @Sendable (String) -> Value?
    /// The value as the file and JSON have it.
    let show: @Sendable (Value) -> ShownValue
    /// Whether errors must not repeat the text.
    var isSecret = false
}

/// A value as `config show` prints it.
struct ShownValue: Equatable, Sendable {
    let yaml: String
    let json: String

    /// The same in both: numbers.
    static func number(_ text: String) -> ShownValue { ShownValue(yaml: text, json: text) }

    /// Text, in quotes in YAML where a reader could take it for something else.
    static func text(_ text: String) -> ShownValue {
        let json = VisibleQuote.quoted(text)
        return ShownValue(
            yaml: isPlain(text) ? text : VisibleQuote.quoted(escaped(text)),
            json: json
        )
    }

    /// A secret, which is not shown.
    static let secret = ShownValue(yaml: "\"***\"", json: "\"***\"")

    /// A `${` of the value's own must not read as a variable the next time.
    private static func escaped(_ text: String) -> String {
        text.split(separator: "${", omittingEmptySubsequences: false).joined(separator: "$${")
    }

    private static func isPlain(_ text: String) -> Bool {
        let words = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
        let isAddress = text.count { $0 == "." } > 1  // no number, whatever it begins with
        guard let first = text.first, first.isLetter || "./".contains(first) || isAddress,
            text.last != ":", !words.contains(text.lowercased()), !"-+:".contains(first)
        else { return false }
        return text.allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber || "./:_+-".contains($0))
        }
    }
}

extension ValueFormat where Value == Int {
    /// A whole number.
    package static func integer(_ range: ClosedRange<Int>) -> ValueFormat {
        ValueFormat(
            expected: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            read: { text in
                guard text.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(text),
                    range.contains(number)
                else { return nil }
                return number
            },
            show: { .number("\($0)") }
        )
    }

    /// A share of a hundred, as `80%`.
    static func percent(_ range: ClosedRange<Int>) -> ValueFormat {
        ValueFormat(
            expected: "a percentage from \(range.lowerBound)% to \(range.upperBound)%, as 80%",
            read: { text in text.last == "%" ? integer(range).read(String(text.dropLast())) : nil },
            show: { ShownValue(yaml: "\($0)%", json: "\($0)") }
        )
    }
}

extension ValueFormat where Value == ByteCount {
    /// A size; in JSON, bytes.
    package static func size(_ range: ClosedRange<ByteCount>) -> ValueFormat {
        ValueFormat(
            expected: "a size from \(Units.text(range.lowerBound)) to "
                + "\(Units.text(range.upperBound)), as 64KiB, 16MiB or 1GiB",
            read: { text in
                guard let size = ByteCount(text), range.contains(size) else { return nil }
                return size
            },
            show: { ShownValue(yaml: Units.text($0), json: "\($0.bytes)") }
        )
    }
}

extension ValueFormat where Value == Duration {
    /// A time; in JSON, seconds.
    static func duration(_ range: ClosedRange<Duration>) -> ValueFormat {
        ValueFormat(
            expected: "a time from \(Units.text(range.lowerBound)) to "
                + "\(Units.text(range.upperBound)), as 45s, 10m, 1h or 30d",
            read: { text in
                guard let time = Units.duration(text), range.contains(time) else { return nil }
                return time
            },
            show: { ShownValue(yaml: Units.text($0), json: "\($0.components.seconds)") }
        )
    }
}

extension ValueFormat where Value == Money {
    /// Dollars; in JSON a decimal number of them.
    package static func money(upTo most: Money) -> ValueFormat {
        ValueFormat(
            expected: "an amount in dollars from 0 to \(most) with at most 6 decimals, as 0.40",
            read: { text in
                guard let money = Money(text), money <= most else { return nil }
                return money
            },
            show: { .number("\($0)") }
        )
    }
}

extension ValueFormat where Value == Double {
    /// A decimal number, without exponent.
    static func decimal(_ range: ClosedRange<Double>) -> ValueFormat {
        ValueFormat(
            expected: "a number from \(range.lowerBound) to \(range.upperBound)",
            read: { text in
                guard text.allSatisfy({ $0.isASCII && $0.isNumber || $0 == "." }),
                    let number = Double(text), range.contains(number)
                else { return nil }
                return number
            },
            show: { .number("\($0)") }
        )
    }
}

extension ValueFormat {
    /// One of an enum's words.
    package static func choice(_ type: Value.Type) -> ValueFormat
    where Value: RawRepresentable<String> & CaseIterable {
        ValueFormat(
            expected: "one of " + type.allCases.map(\.rawValue).joined(separator: ", "),
            read: { Value(rawValue: $0) },
            show: { .text($0.rawValue) }
        )
    }

    /// A value that describes itself in the form it is read from.
    static func described(
        _ expected: String,
        _ read: @escaping @Sendable (String) -> Value?
    ) -> ValueFormat where Value: CustomStringConvertible {
        ValueFormat(expected: expected, read: read, show: { .text($0.description) })
    }
}
