import Testing

@testable import BerthMemory

@Suite(.timeLimit(.minutes(20))) struct MemoryMapTests {
    /// A mapping as the kernel writes it, with two of the many fields that are not read.
    private func mapping(
        _ range: String,
        _ rights: String,
        _ name: String = "",
        rss: Int,
        anonymous: Int = 0,
        flags: String = "rd wr mr mw me ac"
    ) -> String {
        let padding = name.isEmpty ? "" : "                    "
        return """
            \(range) \(rights) 00000000 fe:00 5366301 \(padding)\(name)
            Size:             999999 kB
            Rss:        \(rss) kB
            Pss:              777777 kB
            Anonymous:  \(anonymous) kB
            VmFlags: \(flags)

            """
    }

    private func read(_ text: String, piece: Int = 4096, program: String? = "/opt/berth")
        -> MemoryMap?
    {
        var rest = Array(text.utf8)[...]
        return MemoryMap.reading(program: program) { buffer in
            let count = min(piece, rest.count, buffer.count)
            buffer.replaceSubrange(0..<count, with: rest.prefix(count))
            rest = rest.dropFirst(count)
            return count
        }
    }

    /// A mapping of each kind.
    ///
    /// All sizes are different powers of two, so a sum shows its parts.
    private var everything: String {
        mapping("55e6821c5000-55e682ff2000", "r-xp", "/opt/berth", rss: 1)
            + mapping("55e682ff3000-55e68304d000", "r--p", "/opt/berth", rss: 2, anonymous: 2)
            + mapping("55e68304d000-55e68326b000", "rw-p", "/opt/berth", rss: 12, anonymous: 4)
            + mapping("55e68326b000-55e6832ec000", "rw-p", rss: 16, anonymous: 16)
            + mapping("55e69247c000-55e6924f0000", "rw-p", "[heap]", rss: 32, anonymous: 32)
            + mapping("7f2fe0000000-7f2fe0200000", "rw-p", rss: 64, anonymous: 64)
            + mapping("7f2fe4000000-7f2fe4005000", "rw-p", rss: 128, flags: "rd wr mr mw me nr")
            + mapping("7f2fe4005000-7f2fe8000000", "---p", rss: 0, flags: "mr mw me nr")
            + mapping("7f2fe88f1000-7f2fe88f2000", "---p", rss: 0, flags: "mr mw me nh")
            + mapping("7f2fe88f2000-7f2fe8972000", "rw-p", rss: 256, flags: "rd wr mr nh")
            + mapping("7f2fe8972000-7f2fe897b000", "rw-p", rss: 512, anonymous: 512)
            + mapping("7f2fe9000000-7f2fe9001000", "r-xp", "/lib/a b.so", rss: 1024)
            + mapping("7f2fe9001000-7f2fe9002000", "rw-p", "/lib/a b.so", rss: 2048)
            + mapping("7f2fe9002000-7f2fe9003000", "rw-p", rss: 4096, anonymous: 4096)
            + mapping("7f2fea057000-7f2fea05f000", "rw-s", "/data/berth.db-shm", rss: 8192)
            + mapping("7f2fea05f000-7f2fea061000", "rw-p", rss: 16_384, anonymous: 16_384)
            + mapping("7f2fea065000-7f2fea067000", "r-xp", "[vdso]", rss: 32_768)
            + mapping("7ffd57173000-7ffd57194000", "rw-p", "[stack]", rss: 65_536)
    }

    @Test(arguments: [1, 7, 100, 4096])
    func `every mapping is in its class, in pieces of any size`(_ piece: Int) throws {
        let map = try #require(read(everything, piece: piece))
        #expect(map.program == .kibibytes(1 + 8))
        #expect(map.data == .kibibytes(2 + 4 + 16 + 4096))
        #expect(map.heap == .kibibytes(32 + 64 + 128))
        #expect(map.stacks == .kibibytes(256 + 65_536))
        #expect(map.libraries == .kibibytes(1024 + 2048 + 8192))
        #expect(map.anonymous == .kibibytes(512 + 16_384))
        #expect(map.kernel == .kibibytes(32_768))
        #expect(map.resident == .kibibytes(131_071))
        #expect(map.sum == map.resident)
    }

    @Test func `without the program's name it counts as a library`() throws {
        let map = try #require(read(everything, program: nil))
        #expect(map.program == .zero)
        #expect(map.sum == map.resident)
    }

    @Test func `older kernels do not mark stacks, newer glibcs name them`() throws {
        let text =
            mapping("7f2fe88f1000-7f2fe88f2000", "---p", rss: 0, flags: "mr mw me")
            + mapping("7f2fe88f2000-7f2fe8972000", "rw-p", rss: 1)
            + mapping("7f3000000000-7f3000080000", "rw-p", "[stack:12]", rss: 2)
            + mapping(
                "7f3100000000-7f3100080000",
                "rw-p",
                "[anon: glibc: pthread stack: 9]",
                rss: 4
            )
            + mapping("7f3200000000-7f3200080000", "rw-p", "[anon: glibc: malloc arena]", rss: 8)
            + mapping("7f3300000000-7f3300080000", "rw-p", "[anon:pool]", rss: 16)
        let map = try #require(read(text))
        #expect(map.stacks == .kibibytes(1 + 2 + 4))
        #expect(map.heap == .kibibytes(8))
        #expect(map.anonymous == .kibibytes(16))
    }

    @Test func `a mapped block of malloc's begins at 128 KiB`() throws {
        let text =
            mapping("7f0000001000-7f0000020000", "rw-p", rss: 1)
            + mapping("7f0000040000-7f0000060000", "rw-p", rss: 2)
        let map = try #require(read(text))
        #expect(map.anonymous == .kibibytes(1))
        #expect(map.heap == .kibibytes(2))
    }

    @Test(arguments: [
        "", "\n\n", "Rss: 4 kB\n", "garbage\n", "7f00-7e00 rw-p 0 0 0\n", "7f00 rw-p 0 0 0\n",
        "7f00-8f00 rw-p 0 0 0\nRss: x kB\n", "7f00-8f00 rw-p 0 0 0\nRss:\n",
        "7f00-8f00 rw-p 0 0 0\nRss: 99999999999999999999999 kB\n", "7f00-8f00 rw 0 0 0\n",
        "ffffffffffffffffffffff-0 rw-p 0 0 0\n",
    ])
    func `what is no list of mappings is no map`(_ text: String) {
        #expect(read(text) == nil)
    }

    @Test func `an endless line is bounded`() throws {
        let long = String(repeating: "x", count: 100_000)
        let text =
            mapping("7f0000001000-7f0000002000", "r--p", "/\(long)", rss: 1)
            + mapping("7f0000001000-7f0000002000", "r--p", "/lib/a", rss: 2)
        let map = try #require(read(text))
        #expect(map.libraries == .kibibytes(3))
    }

    @Test func `this process's own map adds up to what the kernel says`() throws {
        // Other tests allocate between the two reads, so the best of several tries counts.
        var nearest = Double.infinity
        for _ in 0..<20 where nearest > 0.01 {
            let map = try #require(MemoryMap.read())
            let process = try #require(ProcessMemory.read())
            #expect(map.sum == map.resident)
            #expect(map.program > .zero && map.libraries > .zero && map.heap > .zero)
            #expect(map.stacks > .zero && map.data > .zero)
            let difference = Double((map.resident - process.resident).bytes.magnitude)
            nearest = min(nearest, difference / Double(process.resident.bytes))
        }
        #expect(nearest <= 0.01)
    }

    @Test func `another process's map is read by its id`() throws {
        let map = try #require(MemoryMap.read(process: 1) ?? MemoryMap.read())
        #expect(map.sum == map.resident)
    }
}

extension MemoryMap {
    /// The sum of all classes.
    fileprivate var sum: ByteCount {
        program + libraries + data + heap + stacks + anonymous + kernel
    }
}
