/// The reason for which a body of `multipart/form-data` cannot be read, worded for its sender.
package struct MultipartError: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ reason: String) { description = "the form cannot be read: \(reason)" }
}
