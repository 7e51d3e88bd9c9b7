/// Reads `smaps` as it comes, in pieces of any size; holds one line and the names of the files.
struct MemoryMapParser {
    private let program: String?
    private var map = MemoryMap()
    private var line: [UInt8] = []
    private var mapping: Mapping?
    private var previous: Mapping?
    private var isMalformed = false
    private var fileAt: [String: Int] = [:]

    /// A path has at most 4,096 bytes, before it are 73; of a longer line the rest is dropped.
    private static let mostLine = 4352

    init(program: String?) {
        self.program = program
        line.reserveCapacity(512)
    }

    mutating func read(_ piece: ArraySlice<UInt8>) {
        var rest = piece
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            keep(rest[..<end])
            takeLine()
            rest = rest[(end + 1)...]
        }
        keep(rest)
    }

    /// What was read; nil when it was no list of mappings.
    mutating func finish() -> MemoryMap? {
        takeMapping()
        guard !isMalformed, previous != nil else { return nil }
        map.files.sort { $0.resident > $1.resident }
        return map
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        line += bytes.prefix(MemoryMapParser.mostLine - line.count)
    }

    private mutating func takeLine() {
        defer { line.removeAll(keepingCapacity: true) }
        guard let first = line.first else { return }
        // Fields begin with a capital letter, mappings with a hexadecimal digit in small letters.
        if !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) {
            takeMapping()
            mapping = Mapping(line)
            if mapping == nil { isMalformed = true }
        } else if line.starts(with: Field.resident) {
            let resident = kibibytes(after: Field.resident)
            mapping?.resident = resident
        } else if line.starts(with: Field.anonymous) {
            let anonymous = kibibytes(after: Field.anonymous)
            mapping?.anonymous = anonymous
        } else if line.starts(with: Field.flags) {
            mapping?.takeFlags(line.dropFirst(Field.flags.count))
        }
    }

    private enum Field {
        static let resident = Array("Rss:".utf8)
        static let anonymous = Array("Anonymous:".utf8)
        static let flags = Array("VmFlags:".utf8)
    }

    /// The number of a field's line; one that is none, or more than any machine has, is malformed.
    private mutating func kibibytes(after name: [UInt8]) -> ByteCount {
        var number = 0
        var hasDigits = false
        for byte in line.dropFirst(name.count).drop(while: { $0 == UInt8(ascii: " ") }) {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), number < 1 << 40 else {
                break
            }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
            hasDigits = true
        }
        if !hasDigits || number >= 1 << 40 {
            isMalformed = true
            return .zero
        }
        return .kibibytes(number)
    }

    // MARK: Adding up

    private mutating func takeMapping() {
        guard var mapping else { return }
        mapping.place(after: previous)
        let written = min(mapping.anonymous, mapping.resident)
        map.resident += mapping.resident
        switch mapping.kind {
        case .file(let path):
            map.data += written
            let clean = mapping.resident - written
            if path == program { map.program += clean } else { map.libraries += clean }
            count(path, mapping.resident, written)
        case .variables: map.data += mapping.resident
        case .heap: map.heap += mapping.resident
        case .stack: map.stacks += mapping.resident
        case .kernel: map.kernel += mapping.resident
        case .anonymous, .guardPage: map.anonymous += mapping.resident
        }
        previous = mapping
        self.mapping = nil
    }

    private mutating func count(_ path: String, _ resident: ByteCount, _ anonymous: ByteCount) {
        if let index = fileAt[path] {
            map.files[index].resident += resident
            map.files[index].anonymous += anonymous
        } else if map.files.count < MemoryMap.mostFiles {
            fileAt[path] = map.files.count
            map.files.append(.init(path: path, resident: resident, anonymous: anonymous))
        }
    }
}
