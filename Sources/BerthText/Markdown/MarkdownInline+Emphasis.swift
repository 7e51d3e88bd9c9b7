extension MarkdownInline {
    /// Matches the marks of emphasis from `first` on, as CommonMark does.
    ///
    /// An unsuccessful search for an opening mark is remembered for marks of the same kind, so that
    /// the time is linear. Source: <https://spec.commonmark.org/0.31.2/#phase-2-inline-structure>
    ///
    /// - Parameters:
    ///   - first: the index of the first delimiter.
    ///   - isLast: whether the end of the text is reached, where open marks may hold.
    mutating func matchDelimiters(from first: Int, isLast: Bool) {
        var stack: [Int] = []
        var bottoms = [Int](repeating: 0, count: 18)
        for index in first..<delimiters.count {
            if delimiters[index].closes { close(index, &stack, &bottoms) }
            if delimiters[index].count > 0, delimiters[index].opens { stack.append(index) }
        }
        guard isLast, isOpen else { return }
        for index in stack where !delimiters[index].closes {
            while delimiters[index].count > 0 {
                let size = delimiters[index].count > 1 ? 2 : 1
                take(size, of: index)
                Self.change(
                    &tokens[delimiters[index].token].after,
                    delimiters[index].mark,
                    size,
                    by: 1
                )
            }
        }
    }

    /// Matches a closing run with the open runs before it.
    private mutating func close(_ index: Int, _ stack: inout [Int], _ bottoms: inout [Int]) {
        let key = key(of: delimiters[index])
        while delimiters[index].count > 0 {
            guard
                let place = stack[bottoms[key]...].lastIndex(where: {
                    fits(delimiters[$0], delimiters[index])
                })
            else {
                bottoms[key] = stack.count
                return
            }
            let opener = stack[place]
            let both = min(delimiters[opener].count, delimiters[index].count)
            let size = both > 1 ? 2 : 1
            stack.removeLast(stack.count - place - 1)
            take(size, of: opener)
            take(size, of: index)
            let mark = delimiters[index].mark
            Self.change(&tokens[delimiters[opener].token].after, mark, size, by: 1)
            Self.change(&tokens[delimiters[index].token].before, mark, size, by: -1)
            if delimiters[opener].count == 0 { stack.removeLast() }
            for other in bottoms.indices { bottoms[other] = min(bottoms[other], stack.count) }
        }
    }

    private mutating func take(_ size: Int, of index: Int) {
        delimiters[index].count -= size
        let range = tokens[delimiters[index].token].text
        tokens[delimiters[index].token].text = range.lowerBound..<range.upperBound - size
    }

    private static func change(_ change: inout Change, _ mark: UInt8, _ size: Int, by count: Int) {
        if mark == MarkdownLine.tilde {
            change.struck += count
        } else if size == 2 {
            change.bold += count
        } else {
            change.italic += count
        }
    }

    private func key(of delimiter: Delimiter) -> Int {
        let mark =
            delimiter.mark == MarkdownLine.star ? 0 : delimiter.mark == MarkdownLine.line ? 1 : 2
        return mark * 6 + (delimiter.opens ? 3 : 0) + delimiter.original % 3
    }

    private func fits(_ opener: Delimiter, _ closer: Delimiter) -> Bool {
        guard opener.mark == closer.mark else { return false }
        guard opener.closes || closer.opens else { return true }
        let isThird = (opener.original + closer.original) % 3 == 0
        return !isThird || (opener.original % 3 == 0 && closer.original % 3 == 0)
    }
}
