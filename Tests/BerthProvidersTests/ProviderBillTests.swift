import BerthHTTP
import BerthText
import Testing

@testable import BerthProviders

@Suite struct ProviderBillTests {
    private func bill(_ usage: String) throws -> Int64? {
        ProviderBill.micros(in: try JSONObject(Array(usage.utf8)))
    }

    @Test(arguments: [
        (#"{"cost":0.0014}"#, 1400), (#"{"cost":0.0000001}"#, 1), (#"{"cost":0}"#, 0),
        (#"{"cost":"0.25"}"#, 250_000), (#"{"cost_in_usd_ticks":37756000}"#, 3776),
        (#"{"cost_in_nano_usd":1234000}"#, 1234), (#"{"cost":{"total_cost":0.006}}"#, 6000),
        (#"{"estimated_cost":0.0000268}"#, 27),
        (#"{"cost":0.01,"cost_in_usd_ticks":200000000}"#, 20_000),
        (
            #"{"cost":0.95,"is_byok":true,"cost_details":{"upstream_inference_cost":19}}"#,
            19_950_000
        ),
        (#"{"cost":0.95,"is_byok":false,"cost_details":{"upstream_inference_cost":19}}"#, 950_000),
    ])
    func `a bill is read in its unit and rounded up`(usage: String, micros: Int64) throws {
        #expect(try bill(usage) == micros)
    }

    @Test(arguments: [
        "{}", #"{"cost":-1}"#, #"{"cost":"free"}"#, #"{"cost":null}"#, #"{"cost":[1]}"#,
        #"{"cost":"nan"}"#, #"{"cost":1e999}"#, #"{"cost":{}}"#, #"{"cost":true}"#,
        #"{"cost":"0x10"}"#,
    ])
    func `what is no amount is no bill`(usage: String) throws { #expect(try bill(usage) == nil) }

    @Test(arguments: [
        #"{"cost":1e300}"#, #"{"cost_in_usd_ticks":9223372036854775807}"#,
        #"{"cost":1e300,"is_byok":true,"cost_details":{"upstream_inference_cost":1e300}}"#,
    ])
    func `an absurd bill is bounded`(usage: String) throws {
        #expect(try bill(usage) == ProviderBill.most)
    }

    @Test func `the header of a proxy counts too`() {
        #expect(ProviderBill.micros(in: nil, ["x-litellm-response-cost": "0.5"]) == 500_000)
        #expect(ProviderBill.micros(in: nil, ["x-litellm-response-cost": "much"]) == nil)
        #expect(ProviderBill.micros(in: nil) == nil)
    }

    @Test func `every row names its documentation`() {
        #expect(ProviderBill.all.allSatisfy { $0.source.hasPrefix("https://") })
    }

    // MARK: Tokens

    private func usage(_ text: String) throws -> TokenUsage? {
        OpenAIWire.usage(in: try JSONObject(Array(#"{"usage":\#(text)}"#.utf8)))
    }

    @Test func `hidden reasoning counts as output`() throws {
        let said = #"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":315}"#
        #expect(try usage(said)?.output == 305)
        let less = #"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":2}"#
        #expect(try usage(less)?.output == 5)
        let none = #"{"prompt_tokens":10,"completion_tokens":5}"#
        #expect(try usage(none)?.output == 5)
    }

    @Test(arguments: [
        #"{"prompt_tokens":9223372036854775807,"completion_tokens":9223372036854775807}"#,
        #"{"prompt_tokens":1,"completion_tokens":1,"total_tokens":9223372036854775807}"#,
        #"{"prompt_tokens":0,"completion_tokens":1,"total_tokens":-9223372036854775808}"#,
    ])
    func `numbers of tokens are bounded`(text: String) throws {
        let usage = try #require(try usage(text))
        #expect((0...TokenUsage.most).contains(usage.input))
        #expect((0...TokenUsage.most).contains(usage.output))
        #expect(Price(input: .max, output: .max).cost(of: usage) > 0)
    }

    @Test func `a usage is bounded wherever it is made`() {
        let usage = TokenUsage(input: .max, output: .min, isEstimated: false)
        #expect((usage.input, usage.output) == (TokenUsage.most, 0))
    }

    @Test func `the higher of price and bill is the cost`() {
        let price = Price(input: 1_000_000, output: 2_000_000)
        func cost(_ bill: Int64?) -> Int64 {
            price.cost(of: TokenUsage(input: 7, output: 3, isEstimated: false, bill: bill))
        }
        #expect([nil, 0, 12, 13, 14, 999].map(cost) == [13, 13, 13, 13, 14, 999])
    }
}
