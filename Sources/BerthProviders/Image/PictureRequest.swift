package import BerthText

/// The pictures that are asked for, independent of the provider.
package struct PictureRequest: Sendable {
    /// The prompt, not empty.
    package let prompt: String
    /// The number of pictures, from 1 to ``most``.
    package let count: Int
    /// The size, or nil for the model's own.
    package var size: PictureSize?
    /// The seed of the model's randomness, or nil for any.
    ///
    /// OpenAI's models have none.
    package var seed: Int?
    /// Further members in OpenAI's form, such as `quality` or `background`; nil for none.
    ///
    /// A provider takes those that its API knows and leaves out the others.
    package var options: JSONObject?
    /// The pictures to edit; none to make a new one.
    package var inputs: [any SourcePicture] = []
    /// A picture whose transparent parts are those to edit in the first input; nil for all of it.
    package var mask: (any SourcePicture)?

    /// The most pictures of one request.
    package static let most = 10
    /// The most pictures that are sent with a request.
    package static let mostInputs = 16

    /// Makes a request whose `count` is brought into 1...``most``.
    package init(prompt: String, count: Int = 1) {
        self.prompt = prompt
        self.count = min(max(1, count), PictureRequest.most)
    }
}
