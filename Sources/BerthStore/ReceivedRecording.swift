/// A recording that came with an update of a channel.
package struct ReceivedRecording: Equatable, Sendable {
    /// The update.
    package let update: ChannelUpdate
    /// The channel's id of the file.
    package let media: String

    /// Names a recording.
    package init(_ media: String, in update: ChannelUpdate) {
        (self.media, self.update) = (media, update)
    }

    /// The end of the work on a recording in an earlier run.
    package enum Transcript: Equatable, Sendable {
        /// It was transcribed. The words are empty if nothing is said.
        case text(String)
        /// Nobody knows what came of it, and it is not transcribed again without a person.
        case lost
    }
}
