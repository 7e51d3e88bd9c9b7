import BerthImage
import BerthLoop
import BerthMemory
import Glibc

/// The conversion of one file into a JPEG of 512 pixels.
@Loop struct Measurement {
    private let path: String
    private let converter: Converter

    init(_ path: String) {
        self.path = path
        var limits = PictureLimits()
        limits.encoded = .mebibytes(512)
        limits.time = .seconds(120)
        converter = Converter(limits: limits)
    }

    /// Converts the file into another one, as a program that does nothing else.
    func convert(into place: String) async throws {
        let input = unsafe open(path, O_RDONLY | O_CLOEXEC)
        let output = unsafe open(place, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        _ = try await converter.pictures.convert(
            PictureFile(input),
            to: .thumbnail,
            into: PictureFile(output),
            for: "bench"
        )
        Swift.print("{}")
    }

    /// Converts the file into another one, and prints the figures as JSON.
    func print(into place: String) async throws {
        let input = unsafe open(path, O_RDONLY | O_CLOEXEC)
        let output = unsafe open(place, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        let format = try await converter.pictures.probe(PictureFile(input), for: "bench").format
        let began = converter.clock.now
        try await converter.warmUp(for: format)
        let opened = converter.clock.now
        ProcessFigures.reset()
        let before = ProcessFigures.resident
        let picture = try await converter.pictures.convert(
            PictureFile(input),
            to: .thumbnail,
            into: PictureFile(output),
            for: "bench"
        )
        let took = converter.clock.now - opened
        let peak = ProcessFigures.peak - before
        let after = ProcessFigures.resident - before
        Swift.print(
            "{\"width\":\(picture.header.width),\"height\":\(picture.header.height),"
                + "\"base\":\(before.bytes),\"peak\":\(peak.bytes),\"after\":\(after.bytes),"
                + "\"lease\":\(picture.lease.bytes),\"ms\":\(milliseconds(took)),"
                + "\"opening_ms\":\(milliseconds(opened - began))}"
        )
    }

    /// Tries to convert the file `count` times, and prints the resident size after the first and the last.
    func printLevel(after count: Int) async throws {
        let input = unsafe open(path, O_RDONLY | O_CLOEXEC)
        var first = ByteCount.zero
        for number in 0..<count {
            // A damaged picture must not take memory either.
            _ = try? await converter.pictures.convert(
                PictureFile(input),
                to: .thumbnail,
                into: PictureBytes(),
                for: "bench"
            )
            if number == 0 { first = ProcessFigures.resident }
        }
        Swift.print("{\"first\":\(first.bytes),\"last\":\(ProcessFigures.resident.bytes)}")
    }

    private func milliseconds(_ duration: Duration) -> Int {
        Int(duration.components.seconds) * 1_000
            + Int(duration.components.attoseconds / 1_000_000_000_000_000)
    }
}
