import BerthConfig
import BerthFiles
import BerthLoop
import BerthMemory
import BerthStore
import BerthWork

/// The files of each tenant, and the room on the disk, as `berth files` prints them.
///
/// The JSON's shape is part of the command's interface.
package struct FilesReport: Codable, Sendable {
    /// The files of a tenant.
    package struct Tenant: Codable, Sendable {
        /// The tenant's name.
        package let tenant: String
        /// The number of files.
        package let files: Int
        /// Their bytes.
        package let bytes: Int
        /// The date of the oldest in UTC milliseconds since 1970, or nil if there is none.
        package let oldestMs: Int64?
        /// The most files.
        package let filesLimit: Int
        /// The most bytes.
        package let bytesLimit: Int
        /// The part of the quota that is used, in percent: of bytes or files, whichever is more.
        package let share: Int

        private enum CodingKeys: String, CodingKey {
            case tenant
            case files
            case bytes
            case oldestMs = "oldest_ms"
            case filesLimit = "files_limit"
            case bytesLimit = "bytes_limit"
            case share
        }
    }

    /// The room on the disk of the data folder, in bytes.
    package struct Disk: Codable, Sendable {
        /// The bytes that Berth uses, without the ballast.
        package let own: Int
        /// The bytes that are free.
        package let free: Int
        /// The ballast file.
        package let ballast: Int
        /// The part that is used of the room that Berth can have, in percent.
        package let percent: Int
        /// The percentage above which files are deleted.
        package let highWater: Int
        /// The percentage down to which they are deleted.
        package let lowWater: Int

        private enum CodingKeys: String, CodingKey {
            case own
            case free
            case ballast
            case percent
            case highWater = "high_water"
            case lowWater = "low_water"
        }
    }

    /// The tenants, by name.
    package let tenants: [Tenant]
    /// The disk, or nil if the service has none.
    package let disk: Disk?
}

extension FilesReport.Tenant {
    @Loop init(_ tenant: LiveTenant, _ total: FileTotal?) {
        self.tenant = tenant.name
        files = total?.files ?? 0
        bytes = total?.bytes ?? 0
        oldestMs = total?.oldest?.milliseconds
        filesLimit = tenant.quotas.files
        bytesLimit = tenant.quotas.disk.bytes
        share = max(
            FilesReport.percent(bytes, of: bytesLimit),
            FilesReport.percent(files, of: filesLimit)
        )
    }
}

extension FilesReport.Disk {
    init(_ figures: DiskFigures, _ settings: Configuration.Files) {
        own = figures.own.bytes
        free = figures.available.bytes
        ballast = figures.ballast.bytes
        percent = figures.percent
        highWater = settings.highWaterPercent
        lowWater = settings.lowWaterPercent
    }
}

extension FilesReport {
    /// The part of a quota that is used.
    ///
    /// Of a quota of 0, anything is all.
    fileprivate static func percent(_ used: Int, of limit: Int) -> Int {
        guard limit > 0 else { return used > 0 ? 100 : 0 }
        return used * 100 / limit
    }
}
