/// Everything that the service keeps, as verbs.
///
/// Each verb is one transaction: it happens as a whole or not at all. When a verb that changes
/// something returns, the change survives a power cut. A verb sees every change whose verb was
/// called before it by the same caller. Records go in and out as plain values. A verb that throws
/// has changed nothing and may be called again. Every verb throws ``StoreError/busy(limit:)`` if too
/// many wait, ``StoreError/closed`` after the end, ``StoreError/diskFull(file:)``, and the other
/// errors of its medium.
///
/// ``Database`` is the engine for SQLite, in a data folder or in memory. Another engine conforms to
/// this protocol and passes the store's conformance suite.
package protocol Store: TenantStore, IdentityStore, KeyStore, LoginStore, PasskeyStore,
    SessionStore, LibraryStore, SearchStore, TurnStore, StepStore, LedgerStore, IdempotencyStore,
    UsageStore, OutboxStore, FileStore, PictureCacheStore, UpdateStore, SideTextStore,
    AdmissionStore, UpkeepStore, OutlineStore, OwnTextStore
{}

extension Database: Store {}
