import BerthAdmin
import BerthConfig
import BerthFiles
import BerthMemory
import BerthText
import Testing

@testable import berth

/// The text output of `berth files`, `berth cleanup` and the disk's part of `berth doctor`.
@Suite struct FilesTextTests {
    @Test func `files by tenant, then the disk`() throws {
        let json = #"""
            {"tenants":[{"tenant":"ann","files":3,"bytes":2048,"oldest_ms":0,"files_limit":500,
            "bytes_limit":4096,"share":50},{"tenant":"bob","files":0,"bytes":0,"files_limit":5,
            "bytes_limit":0,"share":0}],"disk":{"own":1048576,"free":2097152,"ballast":0,
            "percent":33,"high_water":80,"low_water":70}}
            """#
        let text = FilesText.files(try JSON.decode(FilesReport.self, from: Array(json.utf8)))
        let lines = text.split(separator: "\n")
        #expect(lines[0].hasPrefix("tenant  files  size"))
        #expect(lines[1].hasPrefix("ann         3  2 KiB"))
        #expect(lines[1].contains("1970-01-01") && lines[1].hasSuffix("50%   500 files, 4 KiB"))
        #expect(lines[2].contains("bob         0  0 B    -"))
        #expect(text.contains("Berth uses 1 MiB, 33% of the room that it can have; 2 MiB are free"))
    }

    @Test(arguments: [
        (false, "This would delete 1 file with 2 KiB. To delete them: berth cleanup --apply"),
        (true, "Deleted 1 file with 2 KiB."),
    ])
    func `a plan and its result`(applied: Bool, words: String) throws {
        let json = """
            {"applied":\(applied),"files":[{"path":"/d/files/1/ab","tenant":"","bytes":2048,
            "why":"it was never finished"}],"bytes":2048,"more":false}
            """
        let text = FilesText.cleanup(try JSON.decode(CleanupReport.self, from: Array(json.utf8)))
        #expect(text.contains("/d/files/1/ab  -       2 KiB  it was never finished"))
        #expect(text.contains(words))
        let none = #"{"applied":\#(applied),"files":[],"bytes":0,"more":false}"#
        let empty = FilesText.cleanup(try JSON.decode(CleanupReport.self, from: Array(none.utf8)))
        #expect(empty.hasPrefix(applied ? "Nothing was deleted" : "There is nothing to delete"))
    }

    @Test func `the doctor warns of a full disk and of a ballast without room`() {
        let settings = Configuration(memory: .init(limit: .mebibytes(64), source: "a test")).files
        func figures(_ free: Int, _ own: Int, _ ballast: Int) -> DiskFigures {
            DiskFigures(
                available: .mebibytes(free),
                own: .mebibytes(own),
                ballast: .mebibytes(ballast)
            )
        }
        let good = figures(1000, 10, 64)
        #expect(Doctor.room(good, settings).ok && Doctor.ballast(good, settings).ok)
        let high = Doctor.room(figures(10, 90, 10), settings)
        #expect(!high.ok && high.says.contains("berth cleanup"))
        let short = figures(0, 90, 0)
        #expect(!Doctor.room(short, settings).ok && !Doctor.ballast(short, settings).ok)
        let fresh = Doctor.ballast(figures(1000, 10, 0), settings)
        #expect(fresh.ok && fresh.says.contains("none yet"))
    }
}
