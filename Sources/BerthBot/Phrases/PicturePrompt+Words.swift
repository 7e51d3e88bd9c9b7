import BerthProviders

extension PicturePrompt.Problem {
    /// The reason for which `/image` has made no picture.
    func words(in table: PhraseTable) -> String {
        switch self {
        case .noPrompt: table.text(.imageNoPrompt)
        case .count(let text):
            table.text(.imageCount, ["most": .count(PictureRequest.most), "text": plain(text)])
        case .size(let text):
            table.text(.imageSize, ["most": .count(PictureSize.most), "text": plain(text)])
        case .option(let name): table.text(.imageOption, ["name": plain(name)])
        }
    }

    private func plain(_ text: String) -> PhraseValue { .text(text.replacing("`", with: "'")) }
}
