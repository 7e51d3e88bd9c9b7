package import BerthFiles
package import BerthLoop
package import BerthProviders
package import BerthStore

/// A tenant's file as a picture that is sent to a provider.
package struct StoredPicture: SourcePicture {
    /// The file.
    package let file: StoredFile
    private let content: UnkeptFile

    /// The media type.
    package var kind: String { file.kind }
    /// The length in bytes.
    package var bytes: Int { file.bytes }

    /// Opens a file's content, which stays readable until the end of this value.
    ///
    /// - Throws: ``FilesError``.
    @Loop package init(_ file: StoredFile, in files: TenantFiles) async throws(FilesError) {
        self.file = file
        content = UnkeptFile(try await files.open(file), FileKind(file.kind), in: files)
    }

    /// Reads a part of the file.
    ///
    /// - Throws: `ProviderError.untranslatable` if the file cannot be read.
    package func read(at offset: Int, count: Int) async throws(ProviderError) -> [UInt8] {
        try await content.read(at: offset, count: count)
    }
}
