/// Prometheus's text format, read strictly.
struct Exposition {
    private(set) var samples: [String: Double] = [:]

    struct Malformed: Error { let line: String }

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Malformed(line: "the end") }
        var types: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix("# TYPE "), words.count == 4 {
                guard types.updateValue(String(words[3]), forKey: String(words[2])) == nil else {
                    throw Malformed(line: String(line))
                }
            } else if line.hasPrefix("# HELP ") {
                continue
            } else {
                try add(line, types)
            }
        }
        try checkHistograms(types)
    }

    private mutating func add(_ line: Substring, _ types: [String: String]) throws {
        let name = line.prefix { $0 != "{" && $0 != " " }
        let family =
            ["_bucket", "_sum", "_count"].first { name.hasSuffix($0) }
            .map { String(name.dropLast($0.count)) } ?? String(name)
        guard types[family] != nil || types[String(name)] != nil,
            name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }),
            let space = line.lastIndex(of: " "), let value = Double(line[space...].dropFirst()),
            samples.updateValue(value, forKey: String(line[..<space])) == nil
        else { throw Malformed(line: String(line)) }
    }

    private func checkHistograms(_ types: [String: String]) throws {
        for (name, type) in types where type == "histogram" {
            guard let count = samples["\(name)_count"], samples["\(name)_sum"] != nil,
                samples[#"\#(name)_bucket{le="+Inf"}"#] == count
            else { throw Malformed(line: name) }
        }
    }
}
