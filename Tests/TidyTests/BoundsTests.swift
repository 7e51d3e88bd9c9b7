import Testing

/// A rule that compares docs/bounds.md with the constants of the code.
@Suite struct BoundsTests {
    @Test func `each bound in docs/bounds.md is the constant that it names`() {
        expectNone { $0.wrongBounds(Repository.constants) }
        let page = Repository.files.first { $0.path == "docs/bounds.md" }
        #expect(page?.rowsOfBounds.count ?? 0 > 40, "docs/bounds.md has lost its table")
    }

    @Test(arguments: [
        "| a | 64 (`Queue.most`) | refused |", "| a | 1,024 of 2 MiB (`Queue.bytes`) | refused |",
        "| a | 10 s (`Queue.wait`), 90 days (`Queue.life`) | refused |",
        "| a | 10 s (`Queue.wait`, `Queue.pause`) | refused |",
        "| a | 192 KiB (`Queue.sum`) | refused |", "| a | 5 (`Queue.attempts`) | refused |",
        "| a | 1,200 (`limits.connections`) | refused |", "| a | 64 (`Queue.same`) | refused |",
        "| a | 10 minutes (`limits.keep_for`), 0.5 (`Queue.part`) | refused |",
    ])
    func `a row with the constants' numbers is right`(row: String) {
        #expect(page(row).wrongBounds(constants).isEmpty)
    }

    @Test(arguments: [
        "| a | 65 (`Queue.most`) | refused |", "| a | many | refused |", "| a | 64 | 64 |",
        "| a | 64 KiB (`Queue.most`) | refused |", "| a | 64 (`Queue.none`) | refused |",
        "| a | `Queue.most` (64) | refused |", "| a | 10 (`Queue.wait`) | refused |",
        "| a | 64 (`Queue.most`), 2 s (`Queue.wait`) | refused |",
        "| a | 12 (`limits.connections`) | refused |", "| a | 64 (`Queue.local`) | refused |",
        "| a | 64 (`Queue.unclear`) | refused |", "| a | 64 (`queue.most`) | refused |",
    ])
    func `a row with another number, or without a constant, is found`(row: String) {
        #expect(page(row).wrongBounds(constants).count == 1)
    }

    private func page(_ row: String) -> SourceFile {
        sample("# Bounds\n\n| what | bound | then |\n|---|---|---|\n\(row)\n", at: "docs/bounds.md")
    }

    private var constants: Constants {
        let queue = """
            final class Queue {
                static let most = 64
                private static nonisolated let bytes = 2 << 20
                package static let wait: Duration = .seconds(10)
                static let pause = wait
                static let life = Duration.seconds(-90 * 86_400)
                static var sum: ByteCount { .kibibytes(64) + ByteCount(bytes) / 16 }
                static let part = 0.5
                static let same = Queue.most
                static let unclear = most()
                init(name: String, attempts: Int = 5, of: [Int] = [1, 2]) {
                    let local = 64
                }
                enum Kind { case a }
            }
            """
        let limits = """
            package struct Configuration {
                package struct Limits {
                    package var connections = 1200
                    package var keepFor = Duration.seconds(600)
                }
            }
            """
        return Constants([
            sample(queue), sample(limits, at: "Sources/BerthConfig/Configuration.swift"),
        ])
    }
}

extension SourceFile {
    /// The table's rows, by line: what is bounded, its bound, what happens at it.
    var rowsOfBounds: [(line: Int, cells: [Substring])] {
        guard path == "docs/bounds.md" else { return [] }
        return lines.indices.dropFirst(2).compactMap { index in
            let isBody = lines[index].hasPrefix("|") && lines[index - 1].hasPrefix("|")
            guard isBody, !lines[index].hasPrefix("|---") else { return nil }
            return (index + 1, lines[index].split(separator: "|"))
        }
    }

    func wrongBounds(_ constants: Constants) -> [Finding] {
        rowsOfBounds.flatMap { line, cells in
            let names = cells.count > 1 ? SourceFile.names(in: cells[1]) : []
            guard !names.isEmpty else {
                return [finding(line, "no constant: write 1,024 (`Type.constant`) or a setting")]
            }
            return names.compactMap { name, stated in
                guard let value = constants.value(of: name) else {
                    return finding(line, "\(name) has no value that can be read in Sources")
                }
                guard stated != value else { return nil }
                let text = stated.map { "\($0)" } ?? "no number before it"
                return finding(line, "\(name) is \(value), but the page has \(text)")
            }
        }
    }

    /// The names in a cell, each with the number that stands before it.
    private static func names(in cell: Substring) -> [(name: String, stated: Quantity?)] {
        cell.matches(of: #/`([A-Za-z]\w*\.\w+)`/#).map { match in
            let before = cell[..<match.range.lowerBound].replacing(#/`[^`]*`/#, with: "")
            let unit = #/([0-9][0-9,]*(?:\.[0-9]+)?)(?:\s(KiB|MiB|ms|s|minutes|hours|days)\b)?/#
            let number = before.matches(of: unit).last.flatMap { found in
                Double(found.1.replacing(",", with: "")).map {
                    Quantity($0, unit: found.2.map(String.init) ?? "")
                }
            }
            return (String(match.1), number)
        }
    }
}

/// A number of things or bytes, or a time in milliseconds.
struct Quantity: Equatable, CustomStringConvertible {
    let amount: Double
    let isTime: Bool

    init(_ amount: Double, isTime: Bool) { (self.amount, self.isTime) = (amount, isTime) }

    /// In a unit of the page: of bytes, of time, or none.
    init(_ amount: Double, unit: String) {
        let times = ["ms": 1.0, "s": 1e3, "minutes": 60e3, "hours": 3_600e3, "days": 86_400e3]
        let sizes = ["KiB": 1_024.0, "MiB": 1_048_576]
        self.init(amount * (times[unit] ?? sizes[unit] ?? 1), isTime: times[unit] != nil)
    }

    var description: String { "\(amount)" + (isTime ? " ms" : "") }
}
