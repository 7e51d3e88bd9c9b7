package import BerthMemory
import BerthText

/// The text form of a value: the allowed texts, the parser and the printer.
package struct ValueFormat<Value: Sendable>: Sendable {
    /// The allowed values, in words that follow "is not", such as `a whole number from 1 to 10`.
    package let expected: String
    /// Parses a text.
    ///
    /// Returns nil if it is not ``expected``.
    package let read: @Sendable (String) -> Value?
    /// Prints a value for YAML and for JSON.
    let show: @Sendable (Value) -> ShownValue
    /// Whether errors must not quote the text.
    var isSecret = false
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

    /// A percentage such as `80%`.
    static func percent(_ range: ClosedRange<Int>) -> ValueFormat {
        ValueFormat(
            expected: "a percentage from \(range.lowerBound)% to \(range.upperBound)%, such as 80%",
            read: { text in text.last == "%" ? integer(range).read(String(text.dropLast())) : nil },
            show: { ShownValue(yaml: "\($0)%", json: "\($0)") }
        )
    }
}

extension ValueFormat where Value == Bool {
    /// A switch.
    static var boolean: ValueFormat {
        ValueFormat(
            expected: "true or false",
            read: { ["true": true, "false": false][$0] },
            show: { .number("\($0)") }
        )
    }
}

extension ValueFormat where Value == ByteCount {
    /// A size.
    ///
    /// JSON has it in bytes.
    package static func size(_ range: ClosedRange<ByteCount>) -> ValueFormat {
        ValueFormat(
            expected: "a size from \(Units.text(range.lowerBound)) to "
                + "\(Units.text(range.upperBound)), such as 64KiB, 16MiB or 1GiB",
            read: { text in
                guard let size = ByteCount(text), range.contains(size) else { return nil }
                return size
            },
            show: { ShownValue(yaml: Units.text($0), json: "\($0.bytes)") }
        )
    }
}

extension ValueFormat where Value == Duration {
    /// A time.
    ///
    /// JSON has it in seconds.
    static func duration(_ range: ClosedRange<Duration>) -> ValueFormat {
        ValueFormat(
            expected: "a time from \(Units.text(range.lowerBound)) to "
                + "\(Units.text(range.upperBound)), such as 45s, 10m, 1h or 30d",
            read: { text in
                guard let time = Units.duration(text), range.contains(time) else { return nil }
                return time
            },
            show: { ShownValue(yaml: Units.text($0), json: "\($0.components.seconds)") }
        )
    }
}

extension ValueFormat where Value == Money {
    /// An amount of dollars.
    ///
    /// JSON has it as a decimal number.
    package static func money(upTo most: Money) -> ValueFormat {
        ValueFormat(
            expected:
                "an amount in dollars from 0 to \(most) with at most 6 decimals, such as 0.40",
            read: { text in
                guard let money = Money(text), money <= most else { return nil }
                return money
            },
            show: { .number("\($0)") }
        )
    }
}

extension ValueFormat where Value == Double {
    /// A decimal number without an exponent.
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
    /// One of an enum's raw values.
    package static func choice(_ type: Value.Type) -> ValueFormat
    where Value: RawRepresentable<String> & CaseIterable {
        ValueFormat(
            expected: "one of " + type.allCases.map(\.rawValue).joined(separator: ", "),
            read: { Value(rawValue: $0) },
            show: { .text($0.rawValue) }
        )
    }

    /// A value whose description has the form that it is read from.
    static func described(
        _ expected: String,
        _ read: @escaping @Sendable (String) -> Value?
    ) -> ValueFormat where Value: CustomStringConvertible {
        ValueFormat(expected: expected, read: read, show: { .text($0.description) })
    }
}
