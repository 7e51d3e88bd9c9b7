import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

@testable import BerthImage

@Suite(.loop) struct ConversionTests {
    @Loop @Test(arguments: Sample.allCases)
    func `each format becomes a thumbnail`(sample: Sample) async throws {
        let fixture = PictureFixture()
        let original = try await fixture.sample(sample, 900, 600)
        let (picture, bytes) = try await fixture.convert(original)
        #expect(picture.header.format == sample.format)
        #expect([picture.header.width, picture.header.height] == [900, 600])
        #expect([picture.width, picture.height] == [512, 341])
        let header = try #require(try PictureHeader.read(bytes, isWhole: true))
        #expect(header.format == .jpeg)
        #expect([header.width, header.height] == [512, 341])
        #expect(picture.bytes.bytes == bytes.count)
        #expect(picture.original.bytes == original.count)
    }
}
