package import BerthConfig

/// A configured model of pictures and its provider.
package struct PictureChoice: Sendable {
    /// The unambiguous name, `provider/model`.
    package let id: String
    /// The provider.
    package let provider: any PictureProvider
    /// The provider's own name of the model.
    package let model: String
    /// The price of a picture in millionths of a dollar.
    package let micros: Int64
    /// The language that a prompt is translated into; nil if it is sent as it was written.
    package let promptLanguage: Configuration.ImageModel.PromptLanguage?
}

extension PictureChoice {
    init(
        _ settings: Configuration.ImageModel,
        provider: any PictureProvider,
        ceiling: Configuration.PriceCeiling
    ) {
        self.provider = provider
        id = "\(settings.provider)/\(settings.model)"
        model = settings.model
        micros = (settings.price ?? ceiling.image).micros
        promptLanguage = settings.prompt
    }

    init(demo: any PictureProvider) {
        provider = demo
        id = "demo/\(PictureCatalog.demoModel)"
        model = PictureCatalog.demoModel
        micros = 0
        promptLanguage = nil
    }
}
