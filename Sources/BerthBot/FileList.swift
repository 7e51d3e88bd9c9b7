package import BerthFiles
package import BerthStore

/// A tenant's files as `/files` shows them.
package struct FileList: Sendable {
    /// The files that were used last.
    package let newest: [StoredFile]
    /// All of them in numbers.
    package let use: FileAccounts.Use
    /// Their quotas.
    package let owner: FileOwner

    /// Names a list.
    package init(newest: [StoredFile], use: FileAccounts.Use, owner: FileOwner) {
        self.newest = newest
        self.use = use
        self.owner = owner
    }
}
