import BerthProviders
import Testing

@Suite(.timeLimit(.minutes(20))) struct PriceTests {
    @Test(
        arguments: [
            (0, 0, 0), (1, 0, 1), (0, 1, 2), (1, 1, 2), (2, 0, 1), (3, 0, 2),
            (1_000_000, 0, 400_000),
            (1_000_000, 1_000_000, 2_000_000), (5, 5, 10), (2_500_000, 0, 1_000_000), (10, 1, 6),
        ] as [(Int, Int, Int64)]
    )
    func `a call's cost is rounded up once`(input: Int, output: Int, micros: Int64) {
        #expect(
            Price(input: 400_000, output: 1_600_000).cost(input: input, output: output) == micros
        )
    }

    private static func cost(_ price: Price, read: Int, written: Int, hour: Int) -> Int64 {
        price.cost(
            ofTokens: TokenUsage(
                input: 10_000_000,
                output: 1_000_000,
                isEstimated: false,
                cached: CachedTokens(read: read, written: written, writtenForHour: hour)
            )
        )
    }

    @Test(
        arguments: [
            (0, 0, 0, 80), (1, 0, 0, 76), (0, 1, 0, 82), (0, 1, 1, 88), (10, 0, 0, 40),
            (4, 3, 2, 82), (0, 10, 10, 160),
        ] as [(Int, Int, Int, Int64)]
    )
    func `cached tokens have the usual prices`(read: Int, written: Int, hour: Int, cost: Int64) {
        // 8 dollars a million of input, nothing for output.
        let price = Price(input: 8_000_000, output: 0)
        let million = 1_000_000
        #expect(
            Self.cost(price, read: read * million, written: written * million, hour: hour * million)
                == cost * 1_000_000
        )
    }

    @Test func `cached tokens have their own prices`() {
        let price = Price(
            input: 3_000_000,
            output: 15_000_000,
            cachedInput: 300_000,
            cacheWrite: 3_750_000,
            cacheWriteHour: 6_000_000
        )
        let cost = Self.cost(price, read: 4_000_000, written: 3_000_000, hour: 1_000_000)
        #expect(cost == 3 * 3_000_000 + 4 * 300_000 + 2 * 3_750_000 + 6_000_000 + 15_000_000)
        let free = Price(input: 3, output: 0, cachedInput: 0, cacheWrite: 0, cacheWriteHour: 0)
        #expect(Self.cost(free, read: 5_000_000, written: 5_000_000, hour: 0) == 0)
    }

    @Test func `a prompt that may be written to a cache is reserved at its highest price`() {
        let usual = Price(input: 1_000_000, output: 2_000_000)
        #expect(usual.highestCost(input: 10, output: 3) == 26)
        let own = Price(input: 1_000_000, output: 0, cacheWrite: 500_000, cacheWriteHour: 0)
        #expect(own.highestCost(input: 10, output: 3) == 10)
    }

    @Test func `what is free stays free`() {
        #expect(Price(input: 0, output: 0).cost(input: .max, output: .max) == 0)
    }

    @Test(arguments: [
        (Int64.max, Int64.max, Int.max, Int.max), (.max, 0, 2, 0), (0, .max, 0, 2),
        (.max, .max, 1, 1), (1_000_000_000_000_000, 0, 1_000_000_000, 0),
    ])
    func `an overflow is more than any account has, and no trap`(
        input: Int64,
        output: Int64,
        tokensIn: Int,
        tokensOut: Int
    ) {
        let price = Price(input: input, output: output)
        #expect(price.cost(input: tokensIn, output: tokensOut) == .max / 2)
        #expect(price.highestCost(input: tokensIn, output: tokensOut) == .max / 2)
    }

    @Test func `the dearest price of the configuration does not overflow`() {
        let price = Price(input: 999_999_999_999_999, output: 0)
        #expect(price.cost(input: 9_000, output: 0) == 9_000_000_000_000)
    }
}
