import BerthLoop
import BerthTelemetry
import BerthTestKit
import Testing

@Suite(.loop, .timeLimit(.minutes(20))) struct MetricsTests {
    @Loop @Test func `a counter has every series from the start`() {
        let metrics = Metrics()
        let turns = metrics.counter(
            "berth_turns_total",
            help: "Turns by outcome.",
            label: "outcome",
            values: ["done", "failed"]
        )
        turns.add(1, "done")
        turns.add(41, "done")
        let text = metrics.text
        #expect(
            text == """
                # HELP berth_turns_total Turns by outcome.
                # TYPE berth_turns_total counter
                berth_turns_total{outcome="done"} 42
                berth_turns_total{outcome="failed"} 0

                """
        )
    }

    @Loop @Test func `a counter without a label has one series`() {
        let metrics = Metrics()
        metrics.counter("a_total", help: "A.").add(3)
        let text = metrics.text
        #expect(text == "# HELP a_total A.\n# TYPE a_total counter\na_total 3\n")
    }

    @Loop
    @Test(arguments: [
        (1.5, "1.5"), (0, "0.0"), (27_000_000, "27000000.0"), (1e300, "1e+300"), (.nan, "NaN"),
        (.infinity, "+Inf"), (-.infinity, "-Inf"),
    ])
    func `a gauge is read at each scrape, and written as Go reads it`(value: Double, text: String) {
        let metrics = Metrics()
        var reads = 0
        metrics.gauge("g", help: "G.") {
            reads += 1
            return value
        }
        let (first, second) = (metrics.text, metrics.text)
        #expect(first == "# HELP g G.\n# TYPE g gauge\ng \(text)\n")
        #expect(second == first)
        #expect(reads == 2)
    }

    @Loop @Test func `a gauge has a series for each label that can be read`() {
        let metrics = Metrics()
        metrics.gauge("g", help: "G.", label: "lane", values: ["a", "b\"c", "d"]) { lane in
            lane == "d" ? nil : Double(lane.utf8.count)
        }
        let text = metrics.text
        #expect(
            text == #"""
                # HELP g G.
                # TYPE g gauge
                g{lane="a"} 1.0
                g{lane="b\"c"} 3.0

                """#
        )
    }

    @Loop @Test func `a gauge of tenants has a series for each one that is there`() {
        let metrics = Metrics()
        var tenants: [(tenant: Int64, value: Double)] = [(1, 2), (7, 0)]
        metrics.gaugeOfTenants("g", help: "G.") {
            defer { tenants.removeLast() }
            return tenants
        }
        let first = metrics.text
        let head = "# HELP g G.\n# TYPE g gauge\n"
        #expect(first == head + "g{tenant=\"1\"} 2.0\ng{tenant=\"7\"} 0.0\n")
        let second = metrics.text
        #expect(second == head + "g{tenant=\"1\"} 2.0\n")
    }

    @Loop @Test func `a gauge that cannot be read is left out`() {
        let metrics = Metrics()
        metrics.gauge("g", help: "G.") { nil }
        let text = metrics.text
        #expect(text == "# HELP g G.\n# TYPE g gauge\n")
    }

    @Loop @Test func `a histogram's buckets add up and include their bound`() {
        let metrics = Metrics()
        let latency = metrics.histogram("h_seconds", help: "H.", buckets: [0.25, 1, 2.5])
        for value in [0, 0.25, 0.5, 1, 2, 7] { latency.observe(value) }
        latency.observe(.milliseconds(250))
        let text = metrics.text
        #expect(
            text == """
                # HELP h_seconds H.
                # TYPE h_seconds histogram
                h_seconds_bucket{le="0.25"} 3
                h_seconds_bucket{le="1.0"} 5
                h_seconds_bucket{le="2.5"} 6
                h_seconds_bucket{le="+Inf"} 7
                h_seconds_sum 11.0
                h_seconds_count 7

                """
        )
    }

    @Loop @Test func `help and labels cannot break their line`() {
        let metrics = Metrics()
        let values = [#"a"b\c"# + "\nd"]
        metrics.counter("x_total", help: "one\ntwo \\ \"q\"", label: "l", values: values)
            .add(1, values[0])
        let text = metrics.text
        #expect(
            text == #"""
                # HELP x_total one\ntwo \\ "q"
                # TYPE x_total counter
                x_total{l="a\"b\\c\nd"} 1

                """#
        )
    }

    @Loop @Test func `families stand in the order they were made, each in one block`() {
        let metrics = Metrics()
        _ = metrics.counter("b_total", help: "B.")
        metrics.gauge("a", help: "A.") { 1 }
        let names = metrics.text.split(separator: "\n").filter { $0.hasPrefix("# TYPE") }
        #expect(names == ["# TYPE b_total counter", "# TYPE a gauge"])
    }

    @Test func `the buckets of latencies ascend`() {
        let buckets = Metrics.latencyBuckets
        #expect(zip(buckets, buckets.dropFirst()).allSatisfy { $0 < $1 })
    }
}
