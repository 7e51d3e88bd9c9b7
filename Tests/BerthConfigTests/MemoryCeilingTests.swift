import BerthConfig
import BerthMemory
import Testing

@Suite struct MemoryCeilingTests {
    private func detect(_ files: [String: String]) -> MemoryCeiling {
        MemoryCeiling.detect { files[$0] }
    }

    @Test func `the lowest limit of all ancestors counts`() {
        let found = detect([
            "/proc/self/cgroup": "0::/a/b\n", "/sys/fs/cgroup/a/b/memory.max": "max\n",
            "/sys/fs/cgroup/a/memory.max": "104857600\n",
            "/sys/fs/cgroup/memory.max": "209715200\n",
        ])
        #expect(found.limit == .mebibytes(80))
        #expect(found.source == "80 % of the cgroup's memory.max (100 MiB)")
    }

    @Test func `cgroup v1 is read where v2 says nothing`() {
        let found = detect([
            "/proc/self/cgroup": "5:cpu,memory:/x\n1:name=systemd:/\n0::/\n",
            "/sys/fs/cgroup/memory/x/memory.limit_in_bytes": "52428800",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        ])
        #expect(found.limit == .mebibytes(40))
        #expect(found.source == "80 % of the cgroup's memory.limit_in_bytes (50 MiB)")
    }

    @Test(arguments: [
        [:], ["/proc/self/cgroup": "0::/\n"], ["/proc/self/cgroup": "garbage\n::\n0:"],
        ["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "max\n"],
        ["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "0\n"],
    ])
    func `without a limit it is 128 MiB`(_ files: [String: String]) {
        #expect(detect(files) == .unbounded)
    }
}
