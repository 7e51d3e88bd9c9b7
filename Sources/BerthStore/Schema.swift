/// The tables, as numbered migrations: number n (from 1) takes a database of version n - 1 to n.
///
/// A migration that was released is never changed; the next one changes what it made. Times are
/// UTC milliseconds (`…_ms`), money is millionths of a dollar (`…_micros`).
enum Schema {
    /// "Brth": `PRAGMA application_id` of a database of Berth.
    static let applicationID: Int64 = 0x4272_7468

    /// The version that this Berth works with.
    static var version: Int { migrations.count }

    static let migrations: [StaticString] = [first]

    /// All tables of version 1.
    ///
    /// Foreign keys of a session's rows cascade, so that removing a tenant's sessions is one
    /// statement. The ledger (`call`, `usage_day`) outlives everything: `call.turn` is no foreign
    /// key. Indexes over the rows that somebody must
    /// still look at keep the start quick however long the history is.
    private static let first: StaticString = """
        CREATE TABLE tenant (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'removed')),
            created_ms INTEGER NOT NULL,
            requests_per_day INTEGER, tokens_per_day INTEGER, images_per_day INTEGER,
            spend_per_month_micros INTEGER, memory_bytes INTEGER, disk_bytes INTEGER, files INTEGER
        ) STRICT;
        CREATE UNIQUE INDEX tenant_name ON tenant (name) WHERE state <> 'removed';

        CREATE TABLE api_key (
            id INTEGER PRIMARY KEY,
            tenant INTEGER NOT NULL REFERENCES tenant (id),
            hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
            hint TEXT NOT NULL,
            created_ms INTEGER NOT NULL, revoked_ms INTEGER
        ) STRICT;

        CREATE TABLE web_link (
            id INTEGER PRIMARY KEY,
            tenant INTEGER REFERENCES tenant (id),
            hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
            created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, used_ms INTEGER
        ) STRICT;

        CREATE TABLE web_login (
            id INTEGER PRIMARY KEY,
            tenant INTEGER REFERENCES tenant (id),
            hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
            created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, revoked_ms INTEGER
        ) STRICT;

        CREATE TABLE identity (
            tenant INTEGER NOT NULL REFERENCES tenant (id),
            channel TEXT NOT NULL CHECK (channel IN ('web', 'terminal', 'telegram')),
            external TEXT NOT NULL,
            created_ms INTEGER NOT NULL,
            PRIMARY KEY (channel, external)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE session (
            id INTEGER PRIMARY KEY,
            public_id TEXT NOT NULL UNIQUE,
            channel TEXT NOT NULL CHECK (channel IN ('web', 'terminal', 'telegram')),
            place TEXT NOT NULL,
            tenant INTEGER REFERENCES tenant (id),
            title TEXT NOT NULL,
            model TEXT,
            created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,
            cleared_turn INTEGER NOT NULL DEFAULT 0,
            deleted_ms INTEGER
        ) STRICT;
        CREATE INDEX session_recent ON session (tenant, channel, updated_ms)
            WHERE deleted_ms IS NULL;

        CREATE TABLE turn (
            id INTEGER PRIMARY KEY,
            public_id TEXT NOT NULL UNIQUE,
            session INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
            tenant INTEGER NOT NULL REFERENCES tenant (id),
            state TEXT NOT NULL CHECK (
                state IN ('accepted', 'running', 'done', 'stopped', 'failed', 'uncertain')),
            text TEXT NOT NULL,
            answer TEXT NOT NULL DEFAULT '',
            error TEXT, model TEXT,
            attempts INTEGER NOT NULL DEFAULT 0, due_ms INTEGER,
            input_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0,
            estimated INTEGER NOT NULL DEFAULT 0,
            created_ms INTEGER NOT NULL, finished_ms INTEGER
        ) STRICT;
        CREATE INDEX turn_session ON turn (session);
        CREATE INDEX turn_open ON turn (state)
            WHERE state IN ('accepted', 'running', 'failed', 'uncertain');

        CREATE TABLE call (
            id INTEGER PRIMARY KEY,
            tenant INTEGER NOT NULL REFERENCES tenant (id),
            turn INTEGER,
            provider TEXT NOT NULL, model TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('reserved', 'settled', 'released', 'uncertain')),
            day_ms INTEGER NOT NULL,
            reserved_tokens INTEGER NOT NULL, reserved_micros INTEGER NOT NULL,
            input_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0,
            settled_micros INTEGER NOT NULL DEFAULT 0, estimated INTEGER NOT NULL DEFAULT 0,
            created_ms INTEGER NOT NULL, settled_ms INTEGER
        ) STRICT;
        CREATE INDEX call_open ON call (state) WHERE state IN ('reserved', 'uncertain');

        CREATE TABLE usage_day (
            tenant INTEGER NOT NULL REFERENCES tenant (id),
            day_ms INTEGER NOT NULL,
            requests INTEGER NOT NULL DEFAULT 0, hits INTEGER NOT NULL DEFAULT 0,
            input_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0,
            reserved_tokens INTEGER NOT NULL DEFAULT 0,
            micros INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (tenant, day_ms)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE kept (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
        """
}
