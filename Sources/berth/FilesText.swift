import BerthAdmin
import BerthLoop
import BerthMemory

/// Prints the reports about files as text.
enum FilesText {
    static func files(_ report: FilesReport) -> String {
        let rows = report.tenants.map { tenant in
            [
                tenant.tenant, "\(tenant.files)", size(tenant.bytes),
                tenant.oldestMs.map { "\(Timestamp(milliseconds: $0))" } ?? "-",
                "\(tenant.share)%",
                "\(tenant.filesLimit) files, \(size(tenant.bytesLimit))",
            ]
        }
        let table = Output.lines(["tenant", "files", "size", "oldest", "used", "quota"], rows)
        return table + (report.disk.map(disk) ?? "")
    }

    private static func disk(_ disk: FilesReport.Disk) -> String {
        "\nBerth uses \(size(disk.own)), \(disk.percent)% of the room that it can have; "
            + "\(size(disk.free)) are free. Above \(disk.highWater)%, files are deleted down to "
            + "\(disk.lowWater)%. The ballast has \(size(disk.ballast)).\n"
    }

    static func cleanup(_ report: CleanupReport) -> String {
        guard !report.files.isEmpty else {
            return report.applied ? "Nothing was deleted.\n" : "There is nothing to delete.\n"
        }
        let rows = report.files.map { file in
            [file.path, file.tenant.isEmpty ? "-" : file.tenant, size(file.bytes), file.why]
        }
        let count = report.files.count == 1 ? "1 file" : "\(report.files.count) files"
        let total = "\(count) with \(size(report.bytes))"
        return Output.lines(["file", "tenant", "size", "why"], rows)
            + (report.applied
                ? "\nDeleted \(total).\n"
                : "\nThis would delete \(total). To delete them: berth cleanup --apply\n")
            + (report.more ? "There are more files for the next cleanup.\n" : "")
    }

    private static func size(_ bytes: Int) -> String { "\(ByteCount(bytes))" }
}
