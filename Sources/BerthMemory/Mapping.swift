/// One mapping of `smaps`, and what it is for as far as its looks and its neighbour tell.
struct Mapping {
    /// What a mapping is for.
    enum Kind: Equatable {
        case file(String)
        /// Zero-initialised variables, right behind their file.
        case variables
        case heap
        case stack
        case kernel
        /// Without any rights, as before a stack.
        case guardPage
        case anonymous
    }

    /// Addresses.
    let start: UInt
    let end: UInt
    var resident = ByteCount.zero
    var anonymous = ByteCount.zero
    private(set) var kind: Kind
    private let isNamed: Bool
    private let isWritable: Bool
    private var isUnreserved = false
    private var isStack = false

    /// malloc maps blocks on their own from this size on (see ``Allocator/configure()``).
    private static let mappedBlock: UInt = 128 << 10
    /// glibc's arenas but the first begin at a multiple of this.
    private static let arenaAlignment: UInt = 64 << 20
    /// glibc's guard is one page unless asked for more.
    private static let mostGuard: UInt = 64 << 10

    /// Reads `start-end rights offset device inode   name`; nil for anything else.
    init?(_ line: [UInt8]) {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
        guard words.count >= 5, words[1].count == 4 else { return nil }
        let range = words[0].split(separator: UInt8(ascii: "-"))
        guard range.count == 2, let start = Mapping.address(range[0]),
            let end = Mapping.address(range[1]), start < end
        else { return nil }
        self.start = start
        self.end = end
        isWritable = words[1].elementsEqual("rw-p".utf8)
        let name = words.count < 6 ? [] : words[5].drop { $0 == UInt8(ascii: " ") }
        isNamed = !name.isEmpty
        kind = Mapping.kind(
            name: String(decoding: name, as: UTF8.self),
            hasRights: !words[1].starts(with: Array("---".utf8))
        )
    }

    private static func address(_ digits: ArraySlice<UInt8>) -> UInt? {
        UInt(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    private static func kind(name: String, hasRights: Bool) -> Kind {
        if name.hasPrefix("/") { return .file(name) }
        if name == "[heap]" || name.hasPrefix("[anon: glibc: malloc") { return .heap }
        if name.hasPrefix("[stack") || name.hasPrefix("[anon: glibc: pthread stack") {
            return .stack
        }
        if name.isEmpty { return hasRights ? .anonymous : .guardPage }
        if name.hasPrefix("[anon") { return .anonymous }
        return .kernel
    }

    /// Reads ` rd wr mr mw me nr`: `nr` is memory that nothing was reserved for, as malloc's arenas,
    /// `nh` (from Linux 6.7 on) a mapping made for a stack.
    mutating func takeFlags(_ flags: ArraySlice<UInt8>) {
        let flags = flags.split(separator: UInt8(ascii: " "))
        isUnreserved = flags.contains { $0.elementsEqual("nr".utf8) }
        isStack = flags.contains { $0.elementsEqual("nh".utf8) }
    }

    /// Settles what a nameless mapping is by its flags and by what lies right before it.
    mutating func place(after previous: Mapping?) {
        guard kind == .anonymous, !isNamed else { return }
        let neighbour = previous.flatMap { $0.end == start ? $0 : nil }
        if isStack || neighbour?.isGuard == true {
            kind = .stack
        } else if isArena {
            kind = .heap
        } else if neighbour?.isVariables == true {
            kind = .variables
        } else if end - start >= Mapping.mappedBlock {
            kind = .heap
        }
    }

    private var isGuard: Bool { kind == .guardPage && end - start <= Mapping.mostGuard }

    private var isArena: Bool { isUnreserved && start.isMultiple(of: Mapping.arenaAlignment) }

    private var isVariables: Bool {
        if case .file = kind { isWritable } else { false }
    }
}
