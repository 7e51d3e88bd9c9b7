import BerthText

/// A provider's text in an unusual form: an error packed into words, an object without a known
/// member.
enum ForeignText {
    /// The most bytes of a text in which an error is looked for.
    private static let mostRead = 4096

    // MARK: Packed errors

    /// An object within a text, and the words around it.
    struct Packed {
        let before: String
        let object: JSONObject
        let after: String
    }

    /// Finds the object that a gateway has put into a text of its own, in JSON or as Python writes it,
    /// such as `Error code: 400 - {'error': {'message': …}}`.
    static func packed(in words: String) -> Packed? {
        let bytes = Array(words.utf8.prefix(mostRead))
        guard let start = bytes.offset(of: "{") else { return nil }
        let rest = Array(bytes[start...])
        let json = try? JSONObject(answer: rest)
        guard let object = json ?? (try? JSONObject(answer: PythonText.json(rest))),
            !object.isEmpty
        else { return nil }
        return Packed(
            before: trimmed(bytes[..<start]),
            object: object,
            after: trimmed(object.rest)
        )
    }

    /// The words without the punctuation that holds an object.
    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
        func isMark(_ byte: UInt8) -> Bool { byte <= 0x20 || "-:,;.'\"()[]<>".utf8.contains(byte) }
        let rest = bytes.drop(while: isMark)
        let end = rest.lastIndex { !isMark($0) }.map { $0 + 1 } ?? rest.startIndex
        return String(decoding: rest[..<end], as: UTF8.self)
    }

    // MARK: Objects of any form

    /// The most sentences that are taken.
    private static let mostSentences = 3
    /// The members whose texts are not the error's: the request that it repeats, and places in a program.
    private static let passed = ["input", "prompt", "traceback", "stack", "trace", "stacktrace"].map
    {
        JSON.quote($0)
    }

    /// The texts of an object at any depth: sentences, which have a space, and labels.
    static func words(in object: JSONObject) -> (sentences: [String], labels: [String]) {
        var (sentences, labels) = ([String](), [String]())
        object.walk(in: object.text.indices) { found in
            guard case .string(let value, let name) = found, value.count > 2,
                !passed.contains(where: { name.elementsEqual($0) })
            else { return }
            let text = JSONObject.text(value.prefix(mostRead))
            if !text.utf8.contains(0x20) {
                if labels.count < 8 { labels.append(text) }
            } else if sentences.count < mostSentences {
                sentences.append(text)
            }
        }
        return (sentences, labels)
    }
}
