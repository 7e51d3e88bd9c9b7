import BerthProviders
import Testing

@Suite(.timeLimit(.minutes(5))) struct PriceTests {
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
        let cost = Price(input: input, output: output).cost(input: tokensIn, output: tokensOut)
        #expect(cost == .max / 2)
    }

    @Test func `the dearest price of the configuration does not overflow`() {
        let price = Price(input: 999_999_999_999_999, output: 0)
        #expect(price.cost(input: 9_000, output: 0) == 9_000_000_000_000)
    }
}
