import BerthLoop
import Testing

@testable import berth

/// The findings of `berth doctor` about the machine's clock.
@Suite struct ClockReportTests {
    private static let wall = Timestamp(milliseconds: 1_760_000_000_000)

    @Test func `agreeing times are no finding`() {
        for seconds in [-300, 0, 300] as [Int64] {
            let near = Self.wall + .seconds(seconds)
            let report = ClockReport(wall: Self.wall, row: near, file: near, date: near)
            #expect(report.problems.isEmpty)
        }
        let old = Self.wall + .seconds(-86_400)
        #expect(ClockReport(wall: Self.wall, row: old, file: old, date: nil).problems.isEmpty)
    }

    @Test func `times ahead of the machine are named with the difference`() {
        let ahead = Self.wall + .seconds(86_400)
        let row = ClockReport(wall: Self.wall, row: ahead, file: nil, date: nil).problems
        #expect(row.count == 1 && row[0].contains("newest row") && row[0].contains("1d ahead"))
        let file = ClockReport(wall: Self.wall, row: nil, file: ahead, date: nil).problems
        #expect(file.count == 1 && file[0].contains("file") && file[0].contains("1d ahead"))
        let date = ClockReport(wall: Self.wall, row: nil, file: nil, date: ahead).problems
        #expect(date.count == 1 && date[0].contains("1d ahead of this machine's clock"))
    }

    @Test func `a machine ahead of Berth's date is named`() {
        let behind = Self.wall + .seconds(-7200)
        let report = ClockReport(wall: Self.wall, row: nil, file: nil, date: behind)
        #expect(report.problems.count == 1 && report.problems[0].contains("2h ahead of Berth"))
    }
}
