package import BerthFiles
package import BerthStore

/// The plan of `berth cleanup`, or what it has deleted.
///
/// The JSON's shape is part of the command's interface.
package struct CleanupReport: Codable, Sendable {
    /// A file of the plan.
    package struct File: Codable, Equatable, Sendable {
        /// The path.
        package let path: String
        /// The tenant's name, or "" if it is nobody's.
        package let tenant: String
        /// The length in bytes.
        package let bytes: Int
        /// The reason.
        package let why: String
    }

    /// Whether the files were deleted.
    package let applied: Bool
    /// The files.
    package let files: [File]
    /// Their bytes.
    package let bytes: Int
    /// Whether the plan is full, so the next one has more files.
    package let more: Bool
    /// The reason for which further files of the plan were not deleted, or nil if all were.
    package var failure: String?

    /// Reports a plan, whose tenants are named by `name`.
    package init(_ plan: [PlannedRemoval], applied: Bool, name: (Tenant.ID?) -> String) {
        self.applied = applied
        files = plan.map { removal in
            File(
                path: removal.path,
                tenant: name(removal.tenant),
                bytes: removal.bytes,
                why: removal.why
            )
        }
        more = plan.count >= FileCleaner.mostPlanned
        bytes = plan.reduce(0) { $0 + $1.bytes }
    }
}
