import BerthLoop
package import BerthMemory

/// A call to a provider of pictures: the request, and the account it is charged to.
///
/// A provider is asked with nothing else. The service makes one only where the call is reserved, in
/// BerthWork's `Running`, which a tidy test holds.
package struct PictureCall: Sendable {
    /// The pictures that are asked for.
    package let request: PictureRequest
    /// The provider's own name of the model.
    package let model: String
    /// A hash that identifies the tenant to the provider.
    package let user: String
    /// The memory from which the request and the answer are leased, part of it in advance.
    package let memory: PrepaidMemory

    /// Makes a call.
    package init(request: PictureRequest, model: String, user: String, memory: PrepaidMemory) {
        self.request = request
        self.model = model
        self.user = user
        self.memory = memory
    }
}
