import BerthLoop
package import BerthMemory

/// A call to a provider for the transcript of a recording.
///
/// The service makes one only where the call is reserved, in BerthWork's `Running`, which a tidy
/// test holds.
package struct SpeechCall: Sendable {
    /// The recording.
    package let sound: any SourcePicture
    /// The provider's own name of the model.
    package let model: String
    /// The memory from which the request and the answer are leased.
    package let memory: PrepaidMemory

    /// Makes a call.
    package init(sound: any SourcePicture, model: String, memory: PrepaidMemory) {
        (self.sound, self.model, self.memory) = (sound, model, memory)
    }
}

/// The transcript of a recording.
package struct Transcript: Equatable, Sendable {
    /// The words; empty if nothing is said.
    package let text: String
    /// The length of the recording in seconds that the provider counts; nil if it says none.
    package let seconds: Double?
    /// The amount that the provider says it has charged, in millionths of a dollar; nil if none.
    package let micros: Int64?
}
