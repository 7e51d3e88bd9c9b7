import BerthProviders

extension PhraseTable {
    /// The words of the progress of pictures in English.
    static func words(_ progress: PictureProgress) -> String {
        switch progress {
        case .queued(let position?) where position > 0:
            "The picture waits at place \(position) in the provider's queue."
        case .queued: "The picture waits in the provider's queue."
        case .running(let percent?): "The picture is being made: \(percent) %."
        case .running: "The picture is being made."
        case .loading: "The picture is being fetched."
        }
    }

    /// The reason in English for which `/image` has made no picture.
    static func words(_ problem: PicturePrompt.Problem) -> String {
        switch problem {
        case .noPrompt: "Say what the picture is to show."
        case .count(let text):
            "`--n` takes a number from 1 to \(PictureRequest.most), not `\(plain(text))`."
        case .size(let text):
            "`--size` takes a width and a height from 1 to \(PictureSize.most), as in `1024x1536`, "
                + "not `\(plain(text))`."
        case .option(let name):
            "There is no option `--\(plain(name))`: the options are `--n` and `--size`."
        }
    }

    private static func plain(_ text: String) -> String { text.replacing("`", with: "'") }

    static let imageUsage = """
        `/image prompt` makes a picture: `/image a lighthouse at dusk`. Before the prompt, `--n 3` \
        asks for several pictures and `--size 1024x1536` for a size in pixels.
        """
}
