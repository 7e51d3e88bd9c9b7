import BerthAdmin
import BerthText
import Testing

@testable import berth

/// The rows of `berth usage`.
@Suite struct UsageTextTests {
    private func line(_ tenant: String, day: Int?, requests: Int) -> String {
        let time = day.map { #""day_ms":\#($0 * 86_400_000),"# } ?? ""
        return #"{"tenant":"\#(tenant)",\#(time)"requests":\#(requests),"input_tokens":2,"#
            + #""output_tokens":3,"cached_tokens":1,"cache_write_tokens":0,"estimated":0,"#
            + #""reserved_tokens":0,"micros":1500000}"#
    }

    private func report(_ days: [String], _ tenants: [String], total: String?) throws -> UsageReport
    {
        let text =
            #"{"usage":[\#(days.joined(separator: ","))],"tenants":["#
            + tenants.joined(separator: ",") + "]" + (total.map { ",\"total\":\($0)" } ?? "") + "}"
        return try JSON.decode(UsageReport.self, from: Array(text.utf8))
    }

    @Test func `several days have a sum for each tenant and one for all`() throws {
        let report = try report(
            [
                line("ann", day: 0, requests: 1), line("bob", day: 0, requests: 2),
                line("ann", day: 1, requests: 4),
            ],
            [line("ann", day: nil, requests: 5), line("bob", day: nil, requests: 2)],
            total: line("total", day: nil, requests: 7)
        )
        let rows = UsageVerb.rows(report).map { [$0[0], $0[1], $0[2]] }
        #expect(
            rows.suffix(3) == [
                ["all days", "ann", "5"], ["all days", "bob", "2"], ["all days", "total", "7"],
            ]
        )
        #expect(rows.count == 6 && rows[2] == ["1970-01-02", "ann", "4"])
        #expect(
            UsageVerb.csv(report).split(separator: "\n") == [
                "day,tenant,requests,estimated,tokens_in,from_cache,tokens_out,dollars",
                "1970-01-01,ann,1,0,2,1,3,1.50", "1970-01-01,bob,2,0,2,1,3,1.50",
                "1970-01-02,ann,4,0,2,1,3,1.50",
            ]
        )
    }

    @Test func `one day has a sum of its tenants, and one row none`() throws {
        let ann = [line("ann", day: 0, requests: 1)]
        let sum = line("ann", day: nil, requests: 1)
        #expect(UsageVerb.rows(try report(ann, [sum], total: sum)).count == 1)
        let two = ann + [line("bob", day: 0, requests: 1)]
        let rows = UsageVerb.rows(
            try report(two, [sum, sum], total: line("total", day: nil, requests: 2))
        )
        #expect(rows.count == 3 && rows[2][1] == "total")
        #expect(UsageVerb.csv(try report([], [], total: nil)).split(separator: "\n").count == 1)
    }
}
