import Glibc

/// A file that is open for reading.
///
/// Its content can be read even if the file is deleted meanwhile.
package final class OpenedFile: Sendable {
    /// The descriptor, for libraries that read from one.
    ///
    /// It is closed with this object.
    package let descriptor: Int32
    /// The length of the content in bytes.
    package let bytes: Int

    init(descriptor: Int32, bytes: Int) {
        self.descriptor = descriptor
        self.bytes = bytes
    }

    deinit { close(descriptor) }
}
