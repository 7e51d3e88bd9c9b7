import BerthMemory
import BerthStore
import BerthText

/// The pictures that a prompt carries, as parts of OpenAI's messages.
///
/// They are those of the new message, or of the last exchange that had any.
struct PromptPictures: Sendable {
    /// The turn that the pictures belong to, or nil for the new message.
    var turn: Turn.ID?
    /// The JSON of a part for each picture.
    var parts: [[UInt8]] = []

    /// The longest side in pixels that models take without making a picture smaller.
    ///
    /// Source: <https://platform.claude.com/docs/en/build-with-claude/vision>, as of 2026-11. OpenAI
    /// makes pictures smaller than 2,048 pixels.
    static let side = 1_568
    /// The most bytes of one picture as a JPEG.
    static let mostBytes = ByteCount.mebibytes(1)
    /// The most bytes of all pictures of a prompt, before they are written as base64.
    ///
    /// A tenant's usual quota of 16 MiB holds them as parts, in the prompt and in the call.
    static let mostBytesOfAll = ByteCount.mebibytes(3)
    /// The most pictures of a message.
    static let most = 8

    /// The words in place of a picture that is not sent again.
    static let word = "[picture]"

    /// The most bytes of each of `count` pictures.
    static func limit(of count: Int) -> ByteCount {
        min(mostBytes, ByteCount(mostBytesOfAll.bytes / max(1, count)))
    }

    /// The memory of `count` pictures while the prompt is built, before their sizes are known.
    static func worstCase(_ count: Int) -> ByteCount {
        // As a JPEG, as a part, and in the prompt.
        ByteCount(count * limit(of: count).bytes * 4)
    }

    /// A picture as a part of a message.
    static func part(_ jpeg: [UInt8]) -> [UInt8] {
        let start = #"{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,"#
        return Array(start.utf8) + jpeg.base64 + Array(#""}}"#.utf8)
    }

    /// The bytes of all parts.
    var count: Int { parts.reduce(0) { $0 + $1.count } }
}
