package import BerthFiles
import BerthLoop
package import BerthProviders

/// A file that was written and is not kept, as it is sent to a provider.
///
/// Its writer discards it afterwards.
package struct UnkeptFile: SourcePicture {
    /// The media type.
    package let kind: String
    private let opened: OpenedFile
    private let files: TenantFiles

    /// The length in bytes.
    package var bytes: Int { opened.bytes }

    /// Names an open file.
    package init(_ opened: OpenedFile, _ kind: FileKind, in files: TenantFiles) {
        (self.opened, self.kind, self.files) = (opened, kind.name, files)
    }

    /// Reads a part of the file.
    ///
    /// - Throws: `ProviderError.untranslatable` if the file cannot be read.
    package func read(at offset: Int, count: Int) async throws(ProviderError) -> [UInt8] {
        do throws(FilesError) {
            return try await files.read(opened, at: offset, count: min(count, bytes - offset))
        } catch {
            throw .untranslatable(provider: "-", reason: error.description)
        }
    }
}
