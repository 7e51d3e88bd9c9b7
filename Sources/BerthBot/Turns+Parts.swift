import BerthProviders
import BerthStore
import BerthWork

extension Turns {
    /// The parts of the bot that turns are made of.
    struct Parts {
        let store: any Store
        let models: ModelCatalog
        let pictureModels: PictureCatalog
        let calls: PaidCalls
        let paidPictures: PaidPictures
        let pictureAnswers: PictureAnswers
        let translations: Translations
        let pictures: MessagePictures
        let texts: MessageTexts
        let answers: Answers
        let meter: Meter
        let commands: Commands
        let outliner: Outliner
        let replies: Replies
        let policy: WorkPolicy
        /// The standing instruction of every prompt, or "" for none.
        let system: String
    }
}
