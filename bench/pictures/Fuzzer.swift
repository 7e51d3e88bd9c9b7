import BerthImage
import BerthLoop
import BerthMemory
import Glibc

/// Converts mutated pictures of all formats, one after the other.
///
/// Each picture follows from the seed and its number, so that a crash can be repeated.
@Loop final class Fuzzer {
    private let seed: UInt64
    private let converter: Converter
    private var bases: [[UInt8]] = []
    private var outcomes: [String: Int] = [:]
    private var slowest = (Duration.zero, 0)
    private var furthest = (0.0, 0)

    /// The file with the picture that is converted, which remains after a crash.
    private let last: PictureFile

    init(seed: UInt64, keeping last: String) {
        self.seed = seed
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
        self.last = PictureFile(unsafe open(last, flags, 0o600))
        var limits = PictureLimits()
        limits.pixels = 4_000_000
        limits.frames = 100
        limits.time = .seconds(20)
        converter = Converter(limits: limits)
    }

    /// Runs from the picture `first` on for some time, and prints the counts.
    ///
    /// - Returns: whether memory, time and descriptors stayed within their bounds.
    func run(from first: Int, for time: Duration) async throws -> Bool {
        try await makeBases()
        let began = converter.clock.now
        var (number, level, files) = (first, ByteCount.zero, 0)
        while converter.clock.now - began < time {
            await convert(number)
            number += 1
            if number == first + 2_000 { (level, files) = figures }
            if number % 1_000 == 0 { print("picture \(number), \(ProcessFigures.resident)") }
        }
        if level == .zero { (level, files) = figures }
        let growth = ProcessFigures.resident - level
        let list = outcomes.sorted { $0.value > $1.value }.map { "\($0.key) \($0.value)" }
        print("\(number - first) pictures: \(list.joined(separator: ", "))")
        print("slowest: picture \(slowest.1), \(slowest.0)")
        print("furthest above its lease: picture \(furthest.1), \(furthest.0) times")
        print("RSS grew by \(growth), descriptors by \(figures.1 - files)")
        print("leased: \(converter.pictures.memory.held)")
        return growth < .mebibytes(8) && figures.1 <= files && furthest.0 <= 1.1
            && converter.pictures.memory.held == .zero && slowest.0 < .seconds(10)
    }

    private var figures: (ByteCount, Int) { (ProcessFigures.resident, ProcessFigures.descriptors) }

    private func convert(_ number: Int) async {
        var mutation = Mutation(seed: seed &+ UInt64(number) &* 0x9E37_79B9, bases)
        let bytes = mutation.make()
        _ = last.restart()
        try? last.write(bytes)
        // A new account has its own peak.
        converter.budget.forget(converter.pictures.memory.tenant)
        let account = converter.pictures.memory
        ProcessFigures.reset()
        let (before, began) = (ProcessFigures.resident, converter.clock.now)
        let outcome: String
        do throws(PictureError) {
            _ = try await converter.pictures.convert(
                PictureBytes(bytes),
                to: mutation.target,
                into: PictureBytes(),
                for: "fuzz"
            )
            outcome = "converted"
        } catch { outcome = "\(error)".split(separator: ":").first.map(word) ?? "" }
        outcomes[outcome, default: 0] += 1
        let took = converter.clock.now - began
        if took > slowest.0 { slowest = (took, number) }
        let used = Double((ProcessFigures.peak - before).bytes)
        let lease = Double(max(account.peak.bytes, 4 << 20))
        if used / lease > furthest.0 { furthest = (used / lease, number) }
    }

    /// An error's words without numbers.
    private func word(_ text: Substring) -> String { String(text.filter { !$0.isNumber }) }

    private func makeBases() async throws {
        let savers: [(PictureFormat, String)] = [
            (.jpeg, ".jpg[Q=85]"), (.jpeg, ".jpg[Q=85,subsample-mode=off]"),
            (.jpeg, ".jpg[Q=85,interlace]"), (.png, ".png"), (.png, ".png[interlace]"),
            (.png, ".png[palette]"), (.webp, ".webp"), (.webp, ".webp[lossless]"), (.gif, ".gif"),
            (.avif, ".avif[effort=0]"), (.avif, ".avif[effort=0,lossless]"),
            (.heic, ".heic[compression=hevc]"),
        ]
        for side in [48, 200] {
            let demo = PictureBytes()
            try DemoPicture(prompt: "side \(side)", width: side, height: side - 7).write(to: demo)
            bases.append(demo.all)
            for (format, saver) in savers {
                let sink = PictureBytes()
                let target = PictureTarget(format, side: side, saver: saver)
                _ = try await converter.pictures.convert(
                    PictureBytes(demo.all),
                    to: target,
                    into: sink,
                    for: "bench"
                )
                bases.append(sink.all)
            }
        }
    }
}
