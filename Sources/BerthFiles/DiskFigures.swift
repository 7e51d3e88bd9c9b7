package import BerthMemory
import BerthStore
import Glibc

/// The room on the disk of the data folder, as Berth sees it.
///
/// The marks are measured against the room that Berth can have: what it uses and what is free. The
/// use of other programs is not Berth's to free, so it does not count.
package struct DiskFigures: Equatable, Sendable {
    /// The bytes that a user other than root may still write.
    package var available: ByteCount
    /// The bytes of the database, its log, the tenants' files and the service's log, without the
    /// ballast.
    package var own: ByteCount
    /// The bytes of the ballast file.
    package var ballast: ByteCount

    /// Names the figures.
    package init(available: ByteCount, own: ByteCount, ballast: ByteCount = .zero) {
        self.available = available
        self.own = own
        self.ballast = ballast
    }

    /// The room that Berth has or can have.
    package var room: ByteCount { own + available + ballast }

    /// The part of the room that is used, in percent, 0 to 100.
    package var percent: Int { room > .zero ? own.bytes * 100 / room.bytes : 100 }

    /// The room that uploads leave to the database: a sixteenth of all, from 1 MiB to 64 MiB.
    package var reserve: ByteCount {
        max(.mebibytes(1), min(ByteCount(room.bytes / 16), .mebibytes(64)))
    }

    /// Whether so little is free that the ballast has to give way.
    package var isShort: Bool { available < ByteCount(reserve.bytes / 4) }

    /// The bytes that have to be deleted so that the use falls to `percent`, or 0 if it is there.
    package func excess(above percent: Int) -> ByteCount {
        max(.zero, own - ByteCount(room.bytes / 100 * percent))
    }

    /// The size that a ballast of `wanted` bytes can have: at most a tenth of the room.
    package func ballastSize(_ wanted: ByteCount) -> ByteCount {
        min(wanted, ByteCount(room.bytes / Ballast.part))
    }

    /// Whether a ballast of that size leaves the reserve free.
    package func hasRoom(forBallast size: ByteCount) -> Bool {
        available + ballast >= size + reserve
    }

    /// The bytes that uploads leave free: the reserve, and what is missing of a ballast of `wanted`.
    ///
    /// The room of a released ballast is the database's.
    package func keptFree(ballast wanted: ByteCount) -> ByteCount {
        reserve + max(.zero, ballastSize(wanted) - ballast)
    }

    /// Reads the figures of a data folder, whose tenants' files have `files` bytes.
    ///
    /// The kernel has them in memory, so the caller does not wait for the disk.
    ///
    /// - Returns: nil if the folder cannot be read.
    package static func read(_ data: String, files: ByteCount = .zero) -> DiskFigures? {
        var disk = statvfs()
        guard unsafe statvfs(data, &disk) == 0 else { return nil }
        let database = DataFolder.database(in: data)
        let parts = [database, database + "-wal", database + "-shm"]
            .reduce(0) { $0 + (FileDisk.size(of: $1) ?? 0) }
        let most = 1 << 60
        let available = disk.f_bavail.multipliedReportingOverflow(by: disk.f_frsize)
        return DiskFigures(
            available: ByteCount(
                available.overflow ? most : min(most, Int(clamping: available.partialValue))
            ),
            own: files + ByteCount(parts + logSize(on: data)),
            ballast: Ballast.size(in: data)
        )
    }

    /// Reads the figures of a data folder whose service may not run, and adds up the files on it.
    ///
    /// It reads every folder, so it is not for the loop of a service.
    package static func survey(_ data: String) -> DiskFigures? {
        let root = data + "/files"
        let bytes = FolderReader.names(in: root).reduce(0) { sum, folder in
            FolderReader.names(in: "\(root)/\(folder)").reduce(sum) {
                $0 + (FileDisk.size(of: "\(root)/\(folder)/\($1)") ?? 0)
            }
        }
        return read(data, files: ByteCount(bytes))
    }

    /// The size of the log if standard error is a file on the same disk.
    private static func logSize(on data: String) -> Int {
        var (log, folder) = (stat(), stat())
        guard unsafe stat("/proc/self/fd/2", &log) == 0, unsafe stat(data, &folder) == 0,
            log.st_mode & S_IFMT == S_IFREG, log.st_dev == folder.st_dev
        else { return 0 }
        return Int(log.st_size)
    }
}
