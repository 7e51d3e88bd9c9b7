/// One block of a Markdown text without blocks of its own: a paragraph, a code block, a table.
///
/// Quotes and list items are the ``containers`` in which it is. A long block comes in several
/// pieces, see ``Join``.
package struct MarkdownBlock: Equatable, Sendable {
    /// The kinds of blocks.
    package enum Kind: Equatable, Sendable {
        /// Text with inline marks. An item without text is an empty paragraph.
        case paragraph
        /// Text with inline marks, and a level from 1 to 6.
        case heading(Int)
        /// Text that stands for itself, and the first word after the fence, or "".
        case code(language: String)
        /// The source of a formula with its marks.
        case formula
        /// A horizontal rule, without text.
        case rule
        /// Rows of cells with inline marks.
        case table(MarkdownTable)
        /// A model's reasoning between `<think>` and `</think>`, or such tags, at the start of an answer.
        case thought
    }

    /// The way in which a block follows the one before it.
    package enum Join: Equatable, Sendable {
        /// A blank line is between the two.
        case apart
        /// It begins on the next line.
        case near
        /// It is the next piece of the same block, on a line of its own.
        case line
        /// It is the next piece of the same block, in the middle of a line.
        case inline
    }

    /// The kind, with all that belongs to one kind alone.
    package var kind: Kind
    /// The lines of the block, without their indentation.
    package var text: [UInt8]
    /// The quotes and list items around it, the outermost first.
    package var containers: [MarkdownContainer]
    /// The way in which it follows the block before it.
    package var join: Join

    /// A paragraph in the place of this block.
    package func replaced(by text: String) -> MarkdownBlock {
        let join: Join = join == .apart ? .apart : .near
        return MarkdownBlock(
            kind: .paragraph,
            text: Array(text.utf8),
            containers: containers,
            join: join
        )
    }
}

/// A quote or an item of a list.
package struct MarkdownContainer: Equatable, Sendable {
    /// The kinds of containers.
    package enum Kind: Equatable, Sendable {
        /// A block quote.
        case quote
        /// An item of a list with its mark as it was written, such as `-` or `12.`. The last value
        /// is whether its task is done, or nil if the item has no box.
        case item(marker: String, isDone: Bool?)
    }

    /// The number of the container in its text, from 1.
    package let id: Int
    /// The kind.
    package let kind: Kind
    /// The columns by which a line must be indented to continue an item.
    let needed: Int
    /// The columns that are removed from the lines of an item.
    let width: Int

    /// Whether it is a block quote.
    package var isQuote: Bool { kind == .quote }
}

/// A table: cells with inline marks.
package struct MarkdownTable: Equatable, Sendable {
    /// The alignment of a column.
    package enum Alignment: Sendable { case start, center, end }

    /// The cells of the first row.
    ///
    /// Empty in the later pieces of a long table.
    package var header: [[UInt8]]
    /// The alignment of each column of the header.
    package var alignments: [Alignment]
    /// The cells of the other rows, which may have more or fewer cells than the header.
    package var rows: [[[UInt8]]]
}
