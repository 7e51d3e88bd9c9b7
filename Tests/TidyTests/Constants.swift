/// The constants of Swift code that can be read off its text: numbers, sizes and durations.
struct Constants {
    /// An expression, and the type whose names it may use.
    private struct Expression {
        let tokens: ArraySlice<Token>
        let type: String
    }

    /// By `Type.name`.
    ///
    /// Two types of one name may both have it.
    private var expressions: [String: [Expression]] = [:]

    init(_ files: [SourceFile]) {
        for file in files where file.path.hasPrefix("Sources/") { read(file) }
    }

    /// The value of `Type.name`, or of a setting such as `limits.connections`; its sign does not
    /// count.
    ///
    /// Nil if there is none, if it cannot be computed, or if two types disagree.
    func value(of name: String) -> Quantity? {
        let parts = name.split(separator: ".")
        guard parts.count == 2, let first = parts[0].first else { return nil }
        let key = first.isLowercase ? Constants.setting(parts[0], parts[1]) : name
        let values = (expressions[key] ?? []).map { value(of: $0) }
        guard let value = values.first ?? nil, values.allSatisfy({ $0 == value }) else {
            return nil
        }
        return Quantity(abs(value.amount), isTime: value.isTime)
    }

    /// The property that a key of the configuration is read into; they are kept apart from others.
    private static func setting(_ section: Substring, _ key: Substring) -> String {
        let words = key.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }
        let name = words.joined()
        return "setting \(section).\(name.prefix(1).lowercased() + name.dropFirst())"
    }

    // MARK: Reading

    private mutating func read(_ file: SourceFile) {
        let tokens = file.tokens
        var scopes: [String?] = []
        var next: String?
        for index in tokens.indices {
            let token = tokens[index]
            if token.is("{") {
                scopes.append(next)
                next = nil
            } else if token.is("}") {
                _ = scopes.popLast()
            } else if let name = Constants.typeName(tokens, index) {
                next = name
            } else if let type = scopes.last ?? nil {
                if token.is("let") || token.is("var") { addProperty(index, of: type, in: file) }
                if token.is("init") { addDefaults(index, of: type, in: file) }
            }
        }
    }

    /// The name of the type that is declared or extended at `index`, without those around it.
    private static func typeName(_ tokens: [Token], _ index: Int) -> String? {
        let heads = ["struct", "class", "enum", "actor", "protocol", "extension"]
        guard index + 1 < tokens.count, tokens[index + 1].kind == .word,
            heads.contains(where: { tokens[index].is($0) })
        else { return nil }
        var last = index + 1
        while last + 2 < tokens.count, tokens[last + 1].is("."), tokens[last + 1].isGlued {
            last += 2
        }
        return tokens[last].text
    }

    private mutating func addProperty(_ index: Int, of type: String, in file: SourceFile) {
        let tokens = file.tokens
        guard index + 1 < tokens.count else { return }
        let line = tokens[index].line
        let head = tokens[index...].prefix { $0.line == line }
        guard let start = head.firstIndex(where: { $0.is("=") || $0.is("{") }) else { return }
        let end =
            tokens[start].is("{")
            ? file.closing(start) : tokens[start...].firstIndex { $0.line > line } ?? tokens.count
        add(tokens[index + 1].text, tokens[(start + 1)..<end], of: type, in: file)
    }

    /// The default values of an initialiser's parameters.
    private mutating func addDefaults(_ index: Int, of type: String, in file: SourceFile) {
        let tokens = file.tokens
        guard index + 1 < tokens.count, tokens[index + 1].is("(") else { return }
        let close = file.closing(index + 1)
        var (label, at) = (index + 2, index + 2)
        var start: Int?
        while at <= close {
            if tokens[at].is(",") || at == close {
                if let start { add(tokens[label].text, tokens[start..<at], of: type, in: file) }
                (label, start) = (at + 1, nil)
            } else if tokens[at].is("="), start == nil {
                start = at + 1
            } else if ["(", "[", "{"].contains(where: { tokens[at].is($0) }) {
                at = file.closing(at)
            }
            at += 1
        }
    }

    private mutating func add(
        _ name: String,
        _ tokens: ArraySlice<Token>,
        of type: String,
        in file: SourceFile
    ) {
        let expression = Expression(tokens: tokens, type: type)
        expressions["\(type).\(name)", default: []].append(expression)
        guard file.module == "BerthConfig" else { return }
        let section = type.prefix(1).lowercased() + type.dropFirst()
        expressions["setting \(section).\(name)", default: []].append(expression)
    }

    // MARK: Computing

    private func value(of expression: Expression, depth: Int = 0) -> Quantity? {
        guard depth < 8 else { return nil }
        var rest = expression.tokens
        let value = sum(&rest, expression.type, depth)
        return rest.isEmpty ? value : nil
    }

    private func sum(_ rest: inout ArraySlice<Token>, _ type: String, _ depth: Int) -> Quantity? {
        var value = product(&rest, type, depth)
        while let first = rest.first, first.is("+") || first.is("-") {
            rest.removeFirst()
            let next = product(&rest, type, depth)
            value = Constants.join(value, next) { first.is("+") ? $0 + $1 : $0 - $1 }
        }
        return value
    }

    private func product(
        _ rest: inout ArraySlice<Token>,
        _ type: String,
        _ depth: Int
    ) -> Quantity? {
        var value = shifted(&rest, type, depth)
        while let first = rest.first, first.is("*") || first.is("/") {
            rest.removeFirst()
            let next = shifted(&rest, type, depth)
            value = Constants.join(value, next) { first.is("*") ? $0 * $1 : $0 / $1 }
        }
        return value
    }

    private func shifted(
        _ rest: inout ArraySlice<Token>,
        _ type: String,
        _ depth: Int
    ) -> Quantity? {
        var value = single(&rest, type, depth)
        while rest.prefix(2).count(where: { $0.is("<") }) == 2 {
            rest.removeFirst(2)
            let next = single(&rest, type, depth)
            value = Constants.join(value, next) { (0..<Int($1)).reduce($0) { all, _ in all * 2 } }
        }
        return value
    }

    private static func join(
        _ left: Quantity?,
        _ right: Quantity?,
        _ operation: (Double, Double) -> Double
    ) -> Quantity? {
        guard let left, let right else { return nil }
        let isTime = left.isTime || right.isTime
        return Quantity(operation(left.amount, right.amount), isTime: isTime)
    }

    /// A number, a name, a call that makes a size or a duration, or a sum in parentheses.
    private func single(
        _ rest: inout ArraySlice<Token>,
        _ type: String,
        _ depth: Int
    ) -> Quantity? {
        guard let first = rest.popFirst() else { return nil }
        if first.is("-") {
            return single(&rest, type, depth).map { Quantity(-$0.amount, isTime: $0.isTime) }
        }
        if first.is("(") { return closed(&rest, type, depth) }
        if first.text.first?.isNumber == true { return number(first, &rest) }
        var path = first.is(".") ? [] : [first.text]
        if first.is("."), let name = rest.popFirst() { path = [name.text] }
        while rest.first?.is(".") == true {
            rest.removeFirst()
            if let name = rest.popFirst() { path.append(name.text) }
        }
        guard rest.first?.is("(") == true else {
            let name = (path.count > 1 ? path : [type] + path).suffix(2).joined(separator: ".")
            guard let found = expressions[name], found.count == 1 else { return nil }
            return value(of: found[0], depth: depth + 1)
        }
        rest.removeFirst()
        guard let unit = Constants.units[path.last ?? ""] else { return nil }
        return closed(&rest, type, depth).map { Quantity($0.amount * unit.0, isTime: unit.1) }
    }

    private func closed(
        _ rest: inout ArraySlice<Token>,
        _ type: String,
        _ depth: Int
    ) -> Quantity? {
        let value = sum(&rest, type, depth)
        return rest.popFirst()?.is(")") == true ? value : nil
    }

    private func number(_ first: Token, _ rest: inout ArraySlice<Token>) -> Quantity? {
        var text = first.text
        if rest.first?.is(".") == true {
            rest.removeFirst()
            text += "." + (rest.popFirst()?.text ?? "")
        }
        return Double(text.replacing("_", with: "")).map { Quantity($0, isTime: false) }
    }

    private static let units: [String: (Double, Bool)] = [
        "ByteCount": (1, false), "kibibytes": (1_024, false), "mebibytes": (1_048_576, false),
        "milliseconds": (1, true), "seconds": (1_000, true),
    ]
}

extension Repository {
    /// The constants of all modules.
    static let constants = Constants(files)
}
