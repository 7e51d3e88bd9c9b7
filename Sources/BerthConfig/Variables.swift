/// The reason why a `${VARIABLE}` could not be filled in.
enum VariableError: Error, Equatable, CustomStringConvertible {
    case unset(String)
    case malformed

    var description: String {
        switch self {
        case .unset(let name):
            "environment variable \(name) is not set: export it, or write ${\(name):-text} "
                + "for a default"
        case .malformed:
            "a ${ that begins no variable: write ${NAME} or ${NAME:-text}, or $${ for the text ${"
        }
    }
}

/// Fills environment variables into values.
enum Variables {
    /// Replaces `${NAME}`, `${NAME:-text}` (`text` if NAME is unset or empty) and `$${` (a plain
    /// `${`).
    ///
    /// A variable's value is not searched for variables.
    static func fill(
        _ text: String,
        from environment: (String) -> String?
    ) throws(VariableError) -> String {
        var result = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                result += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                guard let end = rest.firstIndex(of: "}") else { throw .malformed }
                result += try value(of: rest[..<end].dropFirst(2), from: environment)
                rest = rest[end...].dropFirst()
            } else {
                result += "$"
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }

    private static func value(
        of inner: Substring,
        from environment: (String) -> String?
    ) throws(VariableError) -> String {
        let name = String(inner.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
        let rest = inner.dropFirst(name.count)
        guard let first = name.first, !first.isNumber, rest.isEmpty || rest.hasPrefix(":-") else {
            throw .malformed
        }
        let value = environment(name)
        if rest.isEmpty {
            guard let value else { throw .unset(name) }
            return value
        }
        guard let value, !value.isEmpty else { return String(rest.dropFirst(2)) }
        return value
    }
}
