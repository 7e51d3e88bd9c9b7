package import BerthStore

/// A file that a cleanup deletes, and the rule by which it does.
package struct PlannedRemoval: Sendable {
    /// The rules, in the order in which they are applied.
    package enum Rule: String, CaseIterable, Sendable {
        /// A temporary file that nothing writes.
        case temporary
        /// A content that no row names.
        case orphan
        /// A file that was not used for `files.keep`.
        case expired
        /// A file whose last turn was deleted.
        case released
        /// A file that no turn took for a day.
        case untaken
        /// A file that was used longest ago, while the disk is above `files.high_water`.
        case highWater = "high_water"
    }

    /// The thing that is deleted.
    enum Target: Sendable {
        case file(StoredFile)
        case orphan(FileName)
        case temporary(String)
    }

    let target: Target
    /// The path in the data folder.
    package let path: String
    /// The tenant whose file it is, or nil if it is nobody's.
    package let tenant: Tenant.ID?
    /// The length in bytes.
    package let bytes: Int
    /// The rule.
    package let rule: Rule
    /// The reason in words.
    package let why: String
}
