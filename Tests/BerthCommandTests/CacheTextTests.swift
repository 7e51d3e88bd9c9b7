import BerthAdmin
import BerthHTTP
import BerthText
import Testing

@testable import berth

/// The text output of `berth cache`.
@Suite struct CacheTextTests {
    private static let memory = """
        "memory":{"entries":12,"bytes":3584,"limit":8388608,"hits":40,"misses":9,"evictions":1,
        "expired":2}
        """

    private func stats(redis: String, kinds: String = "") throws -> String {
        let json = """
            {"hits":44,"misses":5,"stores":5,"hot_names":7,"kinds":{\(kinds)},
            \(CacheTextTests.memory),"redis":{\(redis)}}
            """
        return CacheText.stats(try JSON.decode(CacheReport.self, from: Array(json.utf8)))
    }

    @Test func `without Redis its level is left out`() throws {
        let redis = #""configured":false,"up":false,"hits":0,"failures":0,"bad_values":{}"#
        #expect(
            try stats(redis: redis) == """
                level   hits  misses  entries  bytes    limit  evicted
                memory    40       9       12  3.5 KiB  8 MiB        1

                Redis: none is configured (redis.url)
                Hot set: 7 names

                """
        )
    }

    @Test func `both levels, kinds, and what was wrong with values`() throws {
        let redis = #"""
            "configured":true,"up":true,"hits":4,"failures":3,"bad_values":{"not_ours":2,
            "damaged":1},"used_bytes":1048576,"max_bytes":67108864,"policy":"allkeys-lfu"
            """#
        let kinds = #""model_list":{"hits":3,"misses":1},"answer":{"hits":41,"misses":4}"#
        #expect(
            try stats(redis: redis, kinds: kinds) == """
                level   hits  misses  entries  bytes    limit   evicted
                memory    40       9       12  3.5 KiB  8 MiB         1
                redis      4       5           1 MiB    64 MiB

                kind        hits  misses
                answer        41       4
                model_list     3       1

                Redis: answers, allkeys-lfu
                Failed or not tried in Redis: 3
                Bad values in Redis: 1 damaged, 2 not ours
                Hot set: 7 names

                """
        )
    }

    @Test func `an unreachable Redis is reported with its error`() throws {
        let redis = #"""
            "configured":true,"up":false,"fault":"the connection ended","hits":4,"failures":0,
            "bad_values":{}
            """#
        #expect(try stats(redis: redis).contains("\nRedis: unreachable: the connection ended\n"))
    }

    @Test func `warming reports the loaded values, or that there is no Redis`() throws {
        let words = try ["true", "false"].map { configured in
            let json = """
                {"values":3,\(CacheTextTests.memory),"redis":{"configured":\(configured),
                "up":\(configured),"hits":0,"failures":0,"bad_values":{}}}
                """
            return CacheText.warm(try JSON.decode(CacheWarmReport.self, from: Array(json.utf8)))
        }
        #expect(words[0] == "Loaded 3 values from Redis; memory holds 3.5 KiB of 8 MiB.\n")
        #expect(words[1].contains("No Redis is configured (redis.url)"))
    }
}
