import BerthMemory
import Testing

@Suite(.timeLimit(.minutes(20))) struct CgroupTests {
    private func read(_ files: [String: String]) -> KernelMemory { KernelMemory.read { files[$0] } }

    private static let unified = [
        "/proc/self/cgroup": "0::/system.slice/berth.service\n",
        "/sys/fs/cgroup/system.slice/berth.service/memory.current": "31457280\n",
        "/sys/fs/cgroup/system.slice/berth.service/memory.high": "150994944\n",
        "/sys/fs/cgroup/system.slice/berth.service/memory.max": "167772160\n",
        "/sys/fs/cgroup/system.slice/berth.service/memory.events":
            "low 9\nhigh 4\nmax 3\noom 2\noom_kill 1\noom_group_kill 7\n",
        "/sys/fs/cgroup/system.slice/memory.high": "max\n",
        "/sys/fs/cgroup/system.slice/memory.max": "max\n",
    ]

    @Test func `v2 gives what is held, both limits and what happened`() throws {
        let kernel = read(Self.unified)
        let cgroup = try #require(kernel.cgroup)
        #expect(cgroup.version == .v2)
        #expect(cgroup.folder == "/sys/fs/cgroup/system.slice/berth.service")
        #expect(cgroup.current == .mebibytes(30))
        #expect(cgroup.high == .mebibytes(144))
        #expect(cgroup.max == .mebibytes(160))
        #expect(cgroup.events == .init(high: 4, max: 3, oom: 2, oomKill: 1))
        #expect(!kernel.absent.contains { $0.hasPrefix("cgroup") })
    }

    @Test func `a lower limit above our own group counts, what is held is our own`() throws {
        var files = Self.unified
        files["/sys/fs/cgroup/system.slice/memory.current"] = "99999999\n"
        files["/sys/fs/cgroup/system.slice/memory.high"] = "52428800\n"
        files["/sys/fs/cgroup/system.slice/memory.max"] = "104857600\n"
        let cgroup = try #require(read(files).cgroup)
        #expect(cgroup.current == .mebibytes(30))
        #expect(cgroup.high == .mebibytes(50))
        #expect(cgroup.max == .mebibytes(100))
    }

    @Test(arguments: ["0::/\n", "0::/docker/1f2e\n", "0::/../other\n"])
    func `a container's own group may be the mounted root`(_ line: String) throws {
        let kernel = read([
            "/proc/self/cgroup": line, "/sys/fs/cgroup/memory.current": "1048576\n",
            "/sys/fs/cgroup/memory.high": "max\n", "/sys/fs/cgroup/memory.max": "max\n",
        ])
        let cgroup = try #require(kernel.cgroup)
        #expect(cgroup.folder == "/sys/fs/cgroup")
        #expect(cgroup.current == .mebibytes(1))
        #expect(cgroup.high == nil)
        #expect(cgroup.max == nil)
        #expect(
            kernel.absent.contains("cgroup events: max, oom_kill, high, oom not at /sys/fs/cgroup")
        )
    }

    private static let old = [
        "/proc/self/cgroup": "5:cpu,memory:/x/y\n1:name=systemd:/\n0::/\n",
        "/sys/fs/cgroup/memory/x/y/memory.usage_in_bytes": "2097152\n",
        "/sys/fs/cgroup/memory/x/y/memory.limit_in_bytes": "9223372036854771712\n",
        "/sys/fs/cgroup/memory/x/memory.limit_in_bytes": "52428800\n",
        "/sys/fs/cgroup/memory/x/y/memory.failcnt": "12\n",
        "/sys/fs/cgroup/memory/x/y/memory.oom_control":
            "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
    ]

    @Test func `v1 is read where v2 accounts no memory, and what it lacks is named`() throws {
        let kernel = read(Self.old)
        let cgroup = try #require(kernel.cgroup)
        #expect(cgroup.version == .v1)
        #expect(cgroup.current == .mebibytes(2))
        #expect(cgroup.high == nil)
        #expect(cgroup.max == .mebibytes(50))
        #expect(cgroup.events == .init(max: 12, oomKill: 2))
        #expect(
            kernel.absent.contains(
                "memory.high: cgroup v1 has none, so the kernel kills without slowing down first"
            )
        )
    }

    @Test func `an old kernel's v1 does not count its kills`() throws {
        var files = Self.old
        files["/sys/fs/cgroup/memory/x/y/memory.oom_control"] = "oom_kill_disable 0\nunder_oom 0\n"
        let kernel = read(files)
        #expect(try #require(kernel.cgroup).events == .init(max: 12))
        #expect(
            kernel.absent.contains("cgroup events: oom_kill not at /sys/fs/cgroup/memory/x/y")
        )
    }

    @Test func `a machine with both has v2 beside v1`() throws {
        let cgroup = try #require(
            read([
                "/proc/self/cgroup": "3:cpu:/\n0::/berth\n",
                "/sys/fs/cgroup/unified/berth/memory.current": "4096\n",
                "/sys/fs/cgroup/unified/berth/memory.max": "8192\n",
            ]).cgroup
        )
        #expect(cgroup.version == .v2)
        #expect(cgroup.folder == "/sys/fs/cgroup/unified/berth")
        #expect(cgroup.max == ByteCount(8192))
    }

    @Test func `the root of v1 accounts the machine, so it is not ours`() {
        let kernel = read([
            "/proc/self/cgroup": "4:memory:/\n0::/\n",
            "/sys/fs/cgroup/memory/cgroup.sane_behavior": "0\n",
            "/sys/fs/cgroup/memory/memory.usage_in_bytes": "8589934592\n",
        ])
        #expect(kernel.cgroup == nil)
        #expect(
            kernel.absent.contains(
                "cgroup v1: this process is in the root group, whose figures are the machine's"
            )
        )
    }

    @Test(arguments: [
        ([:], "cgroup: /proc/self/cgroup names no hierarchy that could account memory"),
        (
            ["/proc/self/cgroup": "garbage\n::\n0:\n9:cpu:/\n"],
            "cgroup: /proc/self/cgroup names no hierarchy that could account memory"
        ),
        (
            ["/proc/self/cgroup": "0::/a\n"],
            "cgroup v2: no memory controller for this process at /sys/fs/cgroup/a"
        ),
    ])
    func `without accounting the reason is given`(_ files: [String: String], _ reason: String) {
        let kernel = read(files)
        #expect(kernel.cgroup == nil)
        #expect(kernel.absent.contains(reason))
    }

    @Test(arguments: [
        ("max\n", nil), ("", nil), ("\n", nil), ("-4096\n", nil), ("0\n", nil), ("12 kB\n", nil),
        ("9223372036854771712\n", nil), ("99999999999999999999999\n", nil),
        ("4096", ByteCount(4096)), ("1099511627776\n", .mebibytes(1 << 20)),
    ])
    func `a limit is a number that a machine can have, or none`(_ text: String, _ limit: ByteCount?)
        throws
    {
        let cgroup = try #require(
            read([
                "/proc/self/cgroup": "0::/a\n", "/sys/fs/cgroup/a/memory.current": "0\n",
                "/sys/fs/cgroup/a/memory.max": text, "/sys/fs/cgroup/a/memory.high": text,
            ]).cgroup
        )
        #expect(cgroup.max == limit)
        #expect(cgroup.high == limit)
    }

    @Test(arguments: ["", "max\n", "-1\n", "a\n"])
    func `what is held is a number or not there`(_ text: String) {
        let kernel = read([
            "/proc/self/cgroup": "0::/a\n", "/sys/fs/cgroup/a/memory.current": text,
        ])
        #expect(kernel.cgroup == nil)
    }

    @Test func `a count over 63 bits is the largest, not a trap`() throws {
        var files = Self.unified
        files["/sys/fs/cgroup/system.slice/berth.service/memory.events"] =
            "high 99999999999999999999999\nmax x\noom\n"
        let events = try #require(read(files).cgroup).events
        #expect(events == .init(high: .max))
    }
}
