import BerthBot
import BerthFiles
import BerthLoop
import BerthMemory
import BerthStore
import BerthTelemetry
import BerthWork

extension Metrics {
    /// Adds the figures of the tenants' files and of the disk.
    ///
    /// Those of the disk are of the governor's last look. Nothing is measured for a scrape.
    @Loop func add(_ files: TenantFiles, _ governor: DiskGovernor, of tenants: TenantDirectory) {
        func each(_ name: String, _ help: String, _ read: @escaping @Loop (FileAccounts.Use) -> Int)
        {
            gaugeOfTenants(name, help: help) {
                tenants.all.map { tenant in
                    let id = tenant.row.id
                    return (id.value, Double(read(files.accounts.use(of: id))))
                }
            }
        }
        each("berth_tenant_files", "Files of each tenant, by its number.") { $0.files }
        each("berth_tenant_files_bytes", "Bytes of each tenant's files, by its number.") {
            $0.bytes.bytes
        }
        gauge("berth_files", help: "Files of all tenants.") { Double(files.accounts.files) }
        gauge("berth_files_bytes", help: "Bytes of all tenants' files.") {
            Double(files.accounts.bytes.bytes)
        }
        gauge("berth_files_reserved_bytes", help: "Bytes reserved for files being written.") {
            Double(files.accounts.reserved.bytes)
        }
        func disk(_ name: String, _ help: String, _ read: @escaping @Loop (DiskFigures) -> Int) {
            gauge("berth_disk_\(name)", help: help) { governor.figures.map { Double(read($0)) } }
        }
        disk("own_bytes", "Bytes of database, files and log, without the ballast.") { $0.own.bytes }
        disk("free_bytes", "Bytes that are free on the disk of the data folder.") {
            $0.available.bytes
        }
        disk("ballast_bytes", "Bytes of the ballast file.") { $0.ballast.bytes }
        disk("use_percent", "Part of the room that Berth can have which it uses.") { $0.percent }
        gauge("berth_disk_short", help: "1 while so little is free that no files are taken.") {
            governor.isShort ? 1 : 0
        }
    }
}
