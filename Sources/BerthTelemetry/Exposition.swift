/// The texts and numbers of Prometheus' text format, version 0.0.4.
///
/// Source: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
enum Exposition {
    /// A help text, or a label's value if `quote` is set, on one line.
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

    /// The one label of a series in braces, or an empty text for a family without a label.
    static func labels(_ label: String, _ value: String) -> String {
        label.isEmpty ? "" : "{\(label)=\"\(escaped(value, quote: true))\"}"
    }

    /// A number in the form that Go reads.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return "\(value)"
    }
}
