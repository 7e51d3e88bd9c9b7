import Testing

@testable import berth

/// The tables of the command's output.
@Suite struct TableTests {
    @Test func `no cell forges a row or acts on the terminal`() {
        let text = Output.lines(
            ["tenant", "why"],
            [["ann", "bad\nbob  all is well"], ["\u{1B}[3", "\u{202E}x"]]
        )
        #expect(text.split(separator: "\n").count == 3)
        #expect(text.contains("ann     bad bob  all is well\n"))
        #expect(!text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" })
    }

    @Test func `columns are aligned, and numbers stand to the right`() {
        #expect(
            Output.lines(["name", "n"], [["ann", "12"], ["bo", "7"]])
                == "name  n\nann   12\nbo     7\n"
        )
    }
}
