package import BerthLoop
package import BerthProviders
package import BerthStore
package import BerthTelemetry
import BerthText

/// Keeps the quirks that providers have learnt across restarts.
///
/// They are written to the database after each change. A kill loses at most the last one, which a
/// refusal teaches again.
@Loop package final class QuirkKeeper: Service {
    private let book: QuirkBook
    private let store: any Store
    private let surroundings: Surroundings
    private let bell = Wakeup()
    private var isChanged = false

    /// Makes the keeper of `book`.
    package init(_ book: QuirkBook, store: any Store, in surroundings: Surroundings) {
        self.book = book
        self.store = store
        self.surroundings = surroundings
        book.onChange = { [weak self] in self?.change() }
    }

    /// Reads the quirks of the last run.
    ///
    /// Quirks that cannot be read are logged as a warning and are learnt again.
    package func load() async {
        do {
            guard let bytes = try await store.kept(.quirks) else { return }
            book.load(try JSON.decode([QuirkBook.Entry].self, from: bytes))
        } catch {
            surroundings.log.warning(
                "the stored quirks of the providers cannot be read and are learnt again",
                ["why": .describing(error)]
            )
        }
    }

    /// Writes changes down until the stop, and what is left after it.
    package func run(until stop: Stop) async {
        while !stop.isRequested, !Task.isCancelled {
            await write()
            await stop.requested(or: bell)
        }
        await write()
    }

    private func change() {
        isChanged = true
        bell.signal()
    }

    private func write() async {
        guard isChanged else { return }
        isChanged = false
        do { try await store.keep(try JSON.encode(book.entries), as: .quirks) } catch {
            surroundings.log.warning(
                "the quirks of the providers were not stored",
                ["why": .describing(error)]
            )
        }
    }
}
