import BerthImage
import BerthLoop
import BerthMemory
import BerthTelemetry
import Glibc

/// Measures and attacks the conversion of pictures, for scripts/bench and scripts/fuzz.
@main struct Main {
    static func main() {
        Allocator.configure()
        let words = Array(CommandLine.arguments.dropFirst())
        let isDone = Loop.run { () -> Bool in
            do {
                switch (words.first, words.count) {
                case ("once", 3): try await Measurement(words[1]).convert(into: words[2])
                case ("convert", 3): try await Measurement(words[1]).print(into: words[2])
                case ("repeat", 3):
                    try await Measurement(words[1]).printLevel(after: Int(words[2]) ?? 0)
                case ("fuzz", 5):
                    guard let seed = UInt64(words[1]), let first = Int(words[2]),
                        let seconds = Int(words[3])
                    else { return false }
                    let fuzzer = Fuzzer(seed: seed, keeping: words[4])
                    return try await fuzzer.run(from: first, for: .seconds(seconds))
                default:
                    print(
                        "usage: berth-pictures convert IN OUT | once IN OUT | repeat IN N | "
                            + "fuzz SEED FIRST SECONDS LAST"
                    )
                    return false
                }
                return true
            } catch {
                print((error as? PictureError)?.forOperator ?? "\(error)")
                return false
            }
        }
        exit(isDone ? 0 : 1)
    }
}

/// A converter with enough memory for any picture.
@Loop final class Converter {
    let pictures: Pictures
    let budget = MemoryBudget(limit: .mebibytes(1 << 20))
    let clock: any Clock

    init(limits: PictureLimits) {
        let surroundings = Surroundings(log: .silent)
        clock = surroundings.clock
        pictures = Pictures(limits: limits, budget: budget, in: surroundings)
    }

    /// Opens libvips and makes a picture of `format` and one from it, so both parts are in memory.
    func warmUp(for format: PictureFormat) async throws {
        let demo = PictureBytes()
        try DemoPicture(prompt: "warm", width: 64, height: 64).write(to: demo)
        let sample = PictureBytes()
        let target = PictureTarget(format, side: 64)
        _ = try await pictures.convert(demo, to: target, into: sample, for: "bench")
        let thumbnail = PictureBytes()
        _ = try await pictures.convert(sample, to: .thumbnail, into: thumbnail, for: "bench")
    }
}
