import BerthMemory
import Testing

@Suite(.timeLimit(.minutes(20))) struct KernelMemoryTests {
    private func pressure(_ files: [String: String]) -> MemoryPressure? {
        KernelMemory.read { files[$0] }.pressure
    }

    private static let busy = """
        some avg10=1.50 avg60=0.25 avg300=0.10 total=1500000
        full avg10=0.50 avg60=0.00 avg300=0.00 total=250

        """

    @Test func `our own cgroup's pressure comes before the machine's`() throws {
        let found = try #require(
            pressure([
                "/proc/self/cgroup": "0::/berth\n", "/sys/fs/cgroup/berth/cgroup.type": "domain\n",
                "/sys/fs/cgroup/berth/memory.pressure": Self.busy,
                "/proc/pressure/memory": "some avg10=9.00 avg60=9.00 avg300=9.00 total=9\n",
            ])
        )
        #expect(found.scope == .cgroup)
        #expect(found.file == "/sys/fs/cgroup/berth/memory.pressure")
        #expect(found.some == .init(avg10: 1.5, avg60: 0.25, total: .milliseconds(1500)))
        #expect(found.full == .init(avg10: 0.5, avg60: 0, total: .microseconds(250)))
    }

    @Test func `the root's pressure is the machine's, and full may be missing`() throws {
        let found = try #require(
            pressure([
                "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/unified/memory.pressure": Self.busy,
                "/proc/pressure/memory": "some avg10=9.00 avg60=8.00 avg300=7.00 total=6\n",
            ])
        )
        #expect(found.scope == .machine)
        #expect(found.file == "/proc/pressure/memory")
        #expect(found.some == .init(avg10: 9, avg60: 8, total: .microseconds(6)))
        #expect(found.full == nil)
    }

    @Test(arguments: [
        "", "\n", "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n", "some\n",
        "some avg10=0.00 avg60=0.00\n", "some avg10=x avg60=0.00 total=0\n",
        "some avg10=nan avg60=0.00 total=0\n", "some avg10=-1 avg60=0.00 total=0\n",
        "some avg10=100.01 avg60=0.00 total=0\n", "something avg10=0.00 avg60=0.00 total=0\n",
    ])
    func `malformed pressure is no pressure, and is named`(_ text: String) {
        let kernel = KernelMemory.read { $0 == "/proc/pressure/memory" ? text : nil }
        #expect(kernel.pressure == nil)
        #expect(
            kernel.absent.contains(
                "PSI: no figures in /proc/pressure/memory; the kernel has it switched off"
            )
        )
    }

    @Test func `a process's figures are read by name`() throws {
        let files = [
            "/proc/7/smaps_rollup": """
            55e6-7ffd ---p 00000000 00:00 0      [rollup]
            Rss:               22504 kB
            Pss_Anon:              9 kB
            Anonymous:          2664 kB
            Swap:                 12 kB
            SwapPss:               1 kB

            """,
            "/proc/7/status": "Name:\tberth\nRssShmem:\t      32 kB\nThreads:\t4\n",
        ]
        let found = try #require(ProcessMemory.read(process: 7) { files[$0] })
        #expect(
            found
                == ProcessMemory(
                    resident: .kibibytes(22_504),
                    anonymous: .kibibytes(2664),
                    swapped: .kibibytes(12),
                    shared: .kibibytes(32),
                    threads: 4
                )
        )
    }

    @Test(arguments: [
        nil, "", "Rss: x kB\nAnonymous: 1 kB\n", "Rss: 1 kB\n", "Rss: -1 kB\nAnonymous: 1 kB\n",
        "Rss: 99999999999999999999 kB\nAnonymous: 1 kB\n",
    ])
    func `a malformed rollup is no figures, and is named`(_ rollup: String?) {
        let files = ["/proc/self/smaps_rollup": rollup, "/proc/self/status": "Threads:\t4\n"]
        let kernel = KernelMemory.read { files[$0] ?? nil }
        #expect(kernel.process == nil)
        #expect(
            kernel.absent.contains(
                "process: no figures in /proc/self/smaps_rollup and /proc/self/status"
            )
        )
    }

    @Test func `on this machine every source is read or named`() throws {
        let kernel = KernelMemory.read()
        let process = try #require(kernel.process)
        #expect(process.anonymous > .zero && process.anonymous < process.resident)
        #expect(process.threads > 0)
        let named = { (prefix: String) in kernel.absent.contains { $0.hasPrefix(prefix) } }
        #expect((kernel.cgroup == nil) == (named("cgroup:") || named("cgroup v")))
        #expect((kernel.pressure == nil) == named("PSI"))
        print("absent on this machine: \(kernel.absent)")
    }

    @Test func `a process that is gone has no figures`() {
        #expect(ProcessMemory.read(process: -1) == nil)
        #expect(MemoryMap.read(process: -1) == nil)
    }

    @Test func `a text that is longer than its bound is refused`() throws {
        #expect(throws: TextFileError.tooLong(most: 16)) {
            _ = try TextFile.read("/proc/self/status", atMost: 16)
        }
        #expect(TextFile.small("/proc/self/status")?.contains("Threads:") == true)
        #expect(TextFile.small("/proc/self/smaps-of-nothing") == nil)
    }
}
