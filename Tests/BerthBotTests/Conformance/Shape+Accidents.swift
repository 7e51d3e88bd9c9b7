/// Streams with accidents that OpenAI's own package reads over.
extension Shape {
    private static let v = Vendor(name: "Accident")
    private static let usage = #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#
    private static let hi = Told.said("Hi é", [9, 3])
    private static let start = v.stream(v.text("Hi"), done: false)
    private static let rest = v.stream(v.text(" é"), end)
    private static let end = v.chunk("{}", "stop", #","usage":\#(usage)"#)

    /// Three rows: a stream, a stream under another type, and a stream that nobody asked for.
    private static func rows(_ what: String, _ body: String, _ told: Told = hi) -> [Shape] {
        var untyped = Shape(v, "\(what), under no type", 200, body, told, type: "text/plain")
        let unasked = Shape(v, "\(what), unasked", 200, body, told, type: "text/plain")
        untyped.isStream = true
        let asked = [Shape(v, what, 200, body, told, type: "text/event-stream"), untyped]
        // A whole answer that fails has no text.
        return told.finish == nil ? asked : asked + [unasked]
    }

    /// A chunk with choices.
    private static func chunk(_ choices: String..., more: String = "") -> String {
        #"{"choices":[\#(choices.joined(separator: ","))]\#(more)}"#
    }

    private static func choice(
        _ index: Int,
        _ text: String,
        _ finish: String? = nil,
        more: String = ""
    ) -> String {
        let reason = finish.map { "\"\($0)\"" } ?? "null"
        let delta = #""delta":{"content":"\#(text)"}"#
        return #"{"index":\#(index),\#(delta),"finish_reason":\#(reason)\#(more)}"#
    }

    static let accidents: [Shape] =
        fieldAccidents + endAccidents + memberAccidents + choiceAccidents

    private static let lines = [
        "foo: bar", "foo", "id", "id: 7", "retry: 1", "Data: x", "data", " data: x", ":",
        "event: x",
    ]

    private static let fieldAccidents: [Shape] = [
        lines.flatMap { rows("the line '\($0)' before all", "\($0)\n" + start + rest) },
        ["foo", " ", "\t ", "data", "data:  "].flatMap {
            rows("an event of '\($0)'", start + "\($0)\n\n" + rest)
        },
        rows("an event called ping", start + "event: ping\n" + rest),
        rows("lines that end with CR", (start + rest).replacing("\n", with: "\r")),
        rows("an event over several lines", (start + rest).replacing(",", with: ",\ndata: ")),
    ].flatMap { $0 }

    private static let whole = v.stream(v.text("Hi"), v.text(" é"), end, done: false)

    private static let cuts = [
        "data: [DO", "data: [", "data: {", #"data: {"choices":[{"index":0,"delta":{"con"#, "data",
        "data: ", "data: nul", "data: null", "data: []", "data: 1", "event: ping", "id: 8", "foo",
        ": comment",
    ]

    private static let endAccidents: [Shape] = [
        cuts.flatMap { rows("a last event that is cut off as '\($0)'", whole + $0) },
        rows("a last event without a blank line", whole + "data: [DONE]\n"),
        rows("a chunk at the end without a blank line", String(whole.dropLast(2))),
        rows("words after the end", whole + "data: [DONE]\n\ndata: x\n\ndata: {\n\n"),
        rows(
            "an error at the end without a blank line",
            start + #"data: {"error":{"message":"it broke"}}"#,
            .broken("it broke", after: "Hi")
        ),
    ].flatMap { $0 }

    /// Members of a choice that name an error elsewhere.
    private static let names = [
        #""object":"error""#, #""detail":"x""#, #""message":"x","code":5"#, #""error_code":7"#,
    ]
    /// Values of `error` that are none.
    private static let nothings = ["null", "{ }", "[ ]", "0", "0.0", "-0e1", "false", #""""#]

    private static let memberAccidents: [Shape] = [
        names.flatMap { name in
            let odd = chunk(choice(0, " é", more: ",\(name)"))
            return rows("a choice with \(name)", start + v.stream(odd, end))
        },
        nothings.flatMap { nothing in
            let error = #","error":\#(nothing)"#
            let inner = chunk(choice(0, " é", more: error))
            let outer = chunk(choice(0, " é"), more: error)
            return rows("a choice with the error \(nothing)", start + v.stream(inner, end))
                + rows("a chunk with the error \(nothing)", start + v.stream(outer, end))
        },
        [String(repeating: "n", count: 1100), "wide"].flatMap { name in
            let many = (0..<4200).map { "\"k\($0)\":1" }.joined(separator: ",")
            let beyond = ",\"\(name)\":{\(many)},\(many)"
            let inner = chunk(choice(0, " é", more: beyond))
            let outer = chunk(choice(0, " é"), more: beyond)
            let short = name.count > 4 ? "a long name" : "many members"
            return rows("a choice with \(short)", start + v.stream(inner, end))
                + rows("a chunk with \(short)", start + v.stream(outer, end))
        },
        ["0.0", "0", "false", "[]", "{}"].flatMap { value in
            let odd = v.chunk(#"{"content":\#(value)}"#)
            return rows("content that is \(value)", start + "data: \(odd)\n\n" + rest)
        },
        rows(
            "half a character before the end",
            v.stream(v.text(#"Hi\ud83d"#), end),
            .said("Hi\u{FFFD}", [9, 3])
        ),
        rows(
            "half a character after the end",
            v.stream(v.text("Hi"), v.chunk("{}", "stop"), v.text(#"\ud83d"#)),
            .said("Hi\u{FFFD}", nil)
        ),
        rows(
            "a character around the end",
            v.stream(v.text(#"Hi\ud83d"#), v.chunk(#"{"content":""}"#, "stop"), v.text(#"\ude00"#)),
            .said("Hi😀", nil)
        ),
        rows(
            "half a character with the end",
            v.stream(v.text("Hi"), v.chunk(#"{"content":"\ud83d"}"#, "stop")),
            .said("Hi\u{FFFD}", nil)
        ),
    ].flatMap { $0 }

    private static let choiceAccidents: [Shape] = [
        [-1, 128, 1 << 31].flatMap { index in
            rows(
                "a choice with the index \(index)",
                start + v.stream(chunk(choice(index, " é")), end)
            )
        },
        rows(
            "two choices in turn",
            v.stream(
                chunk(choice(0, "Hi")),
                chunk(choice(1, "No")),
                chunk(choice(0, " é")),
                chunk(choice(1, ", no", "stop")),
                end
            )
        ),
        rows(
            "two choices in one chunk, the second first",
            v.stream(
                chunk(choice(1, "No"), choice(0, "Hi")),
                chunk(choice(1, "", "length"), choice(0, " é")),
                end
            )
        ),
        rows(
            "a second choice with reasoning",
            v.stream(
                chunk(choice(0, "Hi é")),
                #"{"choices":[{"index":1,"delta":{"reasoning":"no"},"finish_reason":"stop"}]}"#,
                end
            )
        ),
    ].flatMap { $0 }
}
