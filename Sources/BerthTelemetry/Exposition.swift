/// How Prometheus' text format, version 0.0.4, writes texts and numbers.
///
/// Source: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
enum Exposition {
    /// A help's text, or with `quote` a label's value, on one line.
    static func escaped(_ text: String, quote: Bool) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\"" where quote: out += "\\\""
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    /// A series' one label; nothing for a family without.
    static func labels(_ label: String, _ value: String) -> String {
        label.isEmpty ? "" : "{\(label)=\"\(escaped(value, quote: true))\"}"
    }

    /// A number as Go reads it.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return "\(value)"
    }
}
