/// Makes runs of the tokens of a text, from the first to the last.
struct MarkdownSweep {
    private(set) var runs: [MarkdownRun] = []
    private var open = MarkdownInline.Change()
    private var links: [String] = []

    init(_ scan: MarkdownInline) {
        for token in scan.tokens {
            apply(token.before)
            if let link = token.linkBefore { links.append(link) }
            let text = token.literal ?? String(decoding: scan.bytes[token.text], as: UTF8.self)
            add(text, isCode: token.isCode, address: token.address)
            if token.endsLink { links.removeLast() }
            apply(token.after)
        }
    }

    private mutating func apply(_ change: MarkdownInline.Change) {
        open.bold += change.bold
        open.italic += change.italic
        open.struck += change.struck
    }

    private mutating func add(_ text: String, isCode: Bool, address: String?) {
        guard !text.isEmpty else { return }
        var style: MarkdownStyle = isCode ? .code : []
        if open.bold > 0 { style.insert(.bold) }
        if open.italic > 0 { style.insert(.italic) }
        if open.struck > 0 { style.insert(.struck) }
        let link = links.first ?? address
        if let last = runs.last, last.style == style, last.link.hasBytes(of: link) {
            runs[runs.count - 1].text += text
        } else {
            runs.append(MarkdownRun(text: text, style: style, link: link))
        }
    }
}
