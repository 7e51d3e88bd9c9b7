import BerthText

extension Upstream {
    /// Reads the objects of a body of any form.
    ///
    /// - Throws: ``ProviderError`` if one of them is an error, or the body has no object.
    nonisolated func objects(in bytes: [UInt8], _ form: BodyForm) throws(ProviderError)
        -> [JSONObject]
    {
        switch form {
        case .json: return try checked(jsonObjects(in: Array(BodyForm.trimmed(bytes[...]))))
        case .events: return try checked(eventObjects(in: bytes))
        case .page, .text:
            let fault = UpstreamFault(text: bytes, hiding: key)
            if fault.kind != nil { throw failure(fault, isFirst: true) }
            let words = fault.reason ?? "it has no text"
            throw .malformed(
                provider: name,
                reason: form == .page ? Upstream.page(words) : "it is no JSON: '\(words)'"
            )
        }
    }

    private nonisolated func checked(_ objects: [JSONObject]) throws(ProviderError) -> [JSONObject]
    {
        for (index, object) in objects.enumerated() {
            guard let fault = UpstreamFault.find(in: object, hiding: key) else { continue }
            throw failure(fault, isFirst: index == 0)
        }
        return objects
    }

    /// Reads one object with anything after it, several objects, or a list of objects.
    private nonisolated func jsonObjects(in bytes: [UInt8]) throws(ProviderError) -> [JSONObject] {
        do {
            guard bytes.first == UInt8(ascii: "[") else {
                var objects = [try JSONObject(answer: bytes)]
                while let rest = objects.last.map({ BodyForm.trimmed($0.rest) }),
                    rest.first == UInt8(ascii: "{"), objects.count < JSONObject.mostMembers,
                    let next = try? JSONObject(answer: Array(rest))
                {
                    objects.append(next)
                }
                return objects
            }
            let list = try JSONObject(
                answer: Array(#"{"list":"#.utf8) + bytes + [UInt8(ascii: "}")]
            )
            let objects = (list.elements("list") ?? []).compactMap { list.object(at: $0) }
            if !objects.isEmpty {
                return objects.compactMap { try? JSONObject(answer: Array($0.text)) }
            }
        } catch {
            throw .malformed(provider: name, reason: error.description)
        }
        throw .malformed(provider: name, reason: "it is a list without an object")
    }

    private nonisolated func eventObjects(in bytes: [UInt8]) throws(ProviderError) -> [JSONObject] {
        var parser = SSEParser()
        do {
            var events = try parser.feed(bytes)
            if let last = parser.finishAnswer() { events.append(last) }
            var objects: [JSONObject] = []
            for event in events where !event.isBlank {
                if event.data.starts(with: "[DONE]".utf8) { break }
                if event.event == "error" {
                    let fault = UpstreamFault(text: event.data, hiding: key)
                    throw failure(fault, isFirst: objects.isEmpty)
                }
                objects.append(try JSONObject(answer: event.data))
            }
            return objects
        } catch let error as ProviderError {
            throw error
        } catch {
            throw .malformed(provider: name, reason: "\(error)")
        }
    }
}

extension SSEParser {
    /// Ends the stream of an answer.
    ///
    /// - Returns: the event that the stream's end has left open, or nil if there is none or if it
    ///   is cut off.
    mutating func finishAnswer() -> SSEEvent? {
        guard let last = finish() else { return nil }
        if last.event == "error" || last.data.starts(with: "[DONE]".utf8) { return last }
        if (try? JSONObject(answer: last.data)) != nil { return last }
        let list = Array(#"{"list":"#.utf8) + last.data + [UInt8(ascii: "}")]
        let object = try? JSONObject(answer: list)
        let first = object?.elements("list")?.first
        return first.flatMap { object?.object(at: $0) } == nil ? nil : last
    }
}

extension SSEEvent {
    /// Whether the data is nothing but white space.
    var isBlank: Bool { BodyForm.isBlank(data) }
}
