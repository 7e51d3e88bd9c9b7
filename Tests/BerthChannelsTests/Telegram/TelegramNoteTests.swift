import BerthBot
import BerthChannels
import BerthMemory
import BerthWork
import Testing

@Suite struct TelegramNoteTests {
    @Test(arguments: [
        (TelegramNote.tooLarge, "20 MiB"), (.documentUnread("a.pdf"), "`a.pdf`"),
        (.documentCut("a.txt", at: .kibibytes(48)), "48 KiB"), (.unread("sticker"), "sticker"),
        (.unread("hologram"), "this kind"), (.noTranscription, "voice messages"),
        (.noWords, "no words"), (.refused(.suspended), "suspended"), (.notFetched, "fetched"),
        (.picturesLeftOut(8), "8 pictures"),
    ])
    func `a note is told in words`(note: TelegramNote, words: String) {
        #expect(note.phrase.text(in: .english).contains(words))
    }
}
