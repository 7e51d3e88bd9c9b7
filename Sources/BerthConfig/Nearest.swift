/// Finds the name that a misspelt word stands for.
package enum Nearest {
    /// The longest word that is compared, in bytes.
    ///
    /// The work grows with the square of the length.
    static let longest = 64

    /// The one of `names` that `word` is most likely a misspelling of.
    ///
    /// - Returns: nil if no name is within a third of its letters (at least one).
    package static func name(to word: String, in names: [String]) -> String? {
        guard word.utf8.count <= longest else { return nil }
        let distances = names.map { (name: $0, distance: distance(plain(word), plain($0))) }
        guard let best = distances.min(by: { $0.distance < $1.distance }),
            best.distance <= max(1, best.name.utf8.count / 3)
        else { return nil }
        return best.name
    }

    /// `did you mean 'listen'?`, or `known here: a, b, c` if no name is near.
    package static func advice(for word: String, in names: [String]) -> String {
        if let near = name(to: word, in: names) { return "did you mean '\(near)'?" }
        return "known here: \(names.joined(separator: ", "))"
    }

    private static func plain(_ word: String) -> [UInt8] {
        word.lowercased().utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }
    }

    /// The number of letters to insert, remove, replace or swap with their neighbour.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var before: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var line = [row + 1]
            for column in right.indices {
                let replaced = last[column] + (left[row] == right[column] ? 0 : 1)
                var best = min(replaced, last[column + 1] + 1, line[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1],
                    left[row - 1] == right[column]
                {
                    best = min(best, before[column - 1] + 1)
                }
                line.append(best)
            }
            (before, last) = (last, line)
        }
        return last[right.count]
    }
}
