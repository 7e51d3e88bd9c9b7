/// A refusal that the server sends in place of its handler's answer.
package struct HTTPRefusal: Sendable {
    /// The status, which is 400, 408, 413 or 431.
    package let status: Int
    /// A sentence for people about the fault and its remedy.
    ///
    /// It contains nothing from the request.
    package let reason: String
    /// The path as it was sent, without its query and not decoded.
    ///
    /// It tells which channel is concerned.
    package let path: String
    /// The id of the request, for the log and the answer.
    package let id: String

    /// The refusal as plain text.
    package var text: HTTPResponse { .text(reason + "\n", status: status) }
}
