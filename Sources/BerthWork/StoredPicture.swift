package import BerthFiles
package import BerthLoop
package import BerthProviders
package import BerthStore

/// A tenant's file as a picture that is sent to a provider.
package struct StoredPicture: SourcePicture {
    /// The file.
    package let file: StoredFile
    private let opened: OpenedFile
    private let files: TenantFiles

    /// The media type.
    package var kind: String { file.kind }
    /// The length in bytes.
    package var bytes: Int { file.bytes }

    /// Opens a file's content, which stays readable until the end of this value.
    ///
    /// - Throws: ``FilesError``.
    @Loop package init(_ file: StoredFile, in files: TenantFiles) async throws(FilesError) {
        self.file = file
        self.files = files
        opened = try await files.open(file)
    }

    /// Reads a part of the file.
    ///
    /// - Throws: `ProviderError.untranslatable` if the file cannot be read.
    package func read(at offset: Int, count: Int) async throws(ProviderError) -> [UInt8] {
        do throws(FilesError) {
            let left = min(count, bytes - offset)
            return try await files.read(opened, at: offset, count: left)
        } catch {
            throw .untranslatable(provider: "-", reason: error.description)
        }
    }
}
