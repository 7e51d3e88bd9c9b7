import Testing

@testable import BerthImage

@Suite struct PictureHeaderTests {}
