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
    /// A key that leaves this module is never given twice (AUTOINCREMENT). The rows of a session are
    /// deleted with it (CASCADE). The ledger (`call`, `usage_day`) outlives everything, so
    /// `call.turn` and `call.step` are no foreign keys. A call without a running step has its
    /// provider's job in `call.job` until its end. Partial indexes over the rows that somebody
    /// must still look at keep the start quick however long the history is. SQLite uses one only for
    /// a query with the same comparison, written as a literal. The columns of an `Amounts` are in the
    /// order of `Amount`. A part of the outbox belongs to a turn, or to a conversation if it
    /// answers a command. Triggers count the rows of `turn_file` in `file.uses`, however they are
    /// deleted. A deleted file's rows of `turn_file` stay, so `turn_file.file` is no foreign key.
    /// Its rows of `picture_cache` are deleted with it. The turns of a conversation are a tree by
    /// `turn.parent`, and `session.leaf` is the last turn of the branch that is shown; 0 is none.
    /// A turn is never deleted without its conversation, so neither is a foreign key. `turn.wish` is
    /// the model that its author named for it alone. `turn.heard` is the channel's id of the message
    /// that is answered, and `turn.preview` that of the message that shows an answer while it is
    /// written. `turn.left_out` is the public id of the last turn before it that its prompt had no room
    /// for, and `turn.summarized` says that the prompt had a summary of all of that. A summary in
    /// `outline` covers its branch up to `outline.turn`, which is 0 for a title. `own_text` has a
    /// person's instructions under the name '' and the prompts under theirs. A text that was bought
    /// beside an answer (`side_text`) goes with its owner, and when its update is finished or its turn
    /// has used it.
    /// A message that is too long for `turn.text` has its beginning there and all of it in a file with
    /// the role `text`.
    /// A conversation whose `deleted_ms` is later than now is hidden and can be restored until then.
    private static let first: StaticString = """
        CREATE TABLE tenant (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            state TEXT NOT NULL CHECK (
                state = 'active' OR state = 'suspended' OR state = 'removed'),
            created_ms INTEGER NOT NULL,
            requests_per_day INTEGER, tokens_per_day INTEGER, images_per_day INTEGER,
            spend_per_month_micros INTEGER, memory_bytes INTEGER, disk_bytes INTEGER, files INTEGER,
            language TEXT, heard_language TEXT, display TEXT,
            outlines INTEGER NOT NULL DEFAULT 1
        ) STRICT;
        CREATE UNIQUE INDEX tenant_name ON tenant (name) WHERE state <> 'removed';

        CREATE TABLE identity (
            tenant INTEGER NOT NULL REFERENCES tenant (id),
            channel TEXT NOT NULL CHECK (
                channel = 'web' OR channel = 'terminal' OR channel = 'telegram'),
            external TEXT NOT NULL,
            created_ms INTEGER NOT NULL,
            PRIMARY KEY (channel, external)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE api_key (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
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
            created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, revoked_ms INTEGER,
            device TEXT NOT NULL
        ) STRICT;

        CREATE TABLE passkey (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            tenant INTEGER NOT NULL REFERENCES tenant (id),
            credential BLOB NOT NULL UNIQUE,
            key BLOB NOT NULL,
            count INTEGER NOT NULL,
            name TEXT NOT NULL,
            created_ms INTEGER NOT NULL, used_ms INTEGER
        ) STRICT;

        CREATE TABLE session (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            public_id TEXT NOT NULL UNIQUE,
            channel TEXT NOT NULL CHECK (
                channel = 'web' OR channel = 'terminal' OR channel = 'telegram'),
            chat TEXT NOT NULL, topic TEXT NOT NULL,
            is_group INTEGER NOT NULL CHECK (is_group = (tenant IS NULL)),
            tenant INTEGER REFERENCES tenant (id),
            title TEXT NOT NULL DEFAULT '',
            model TEXT,
            created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,
            cleared_turn INTEGER NOT NULL DEFAULT 0,
            leaf INTEGER NOT NULL DEFAULT 0,
            pinned INTEGER NOT NULL DEFAULT 0, archived INTEGER NOT NULL DEFAULT 0,
            instructions TEXT NOT NULL DEFAULT '',
            deleted_ms INTEGER
        ) STRICT;
        CREATE UNIQUE INDEX session_place ON session (channel, chat, topic)
            WHERE chat <> '' AND deleted_ms IS NULL;
        CREATE INDEX session_recent ON session (tenant, channel, archived, pinned, updated_ms)
            WHERE deleted_ms IS NULL;

        CREATE INDEX session_deleted ON session (id) WHERE deleted_ms IS NOT NULL;

        CREATE TABLE turn (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            public_id TEXT NOT NULL UNIQUE,
            session INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
            tenant INTEGER NOT NULL REFERENCES tenant (id),
            kind TEXT NOT NULL CHECK (
                kind = 'message' OR kind = 'translation' OR kind = 'image'),
            state TEXT NOT NULL CHECK (
                state = 'accepted' OR state = 'running' OR state = 'done' OR state = 'stopped'
                OR state = 'failed' OR state = 'uncertain'),
            text TEXT NOT NULL,
            answer TEXT NOT NULL DEFAULT '',
            error TEXT, why TEXT, model TEXT,
            attempts INTEGER NOT NULL DEFAULT 0, due_ms INTEGER,
            asked_again INTEGER NOT NULL DEFAULT 0,
            owner TEXT, until_ms INTEGER,
            input_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0,
            estimated INTEGER NOT NULL DEFAULT 0,
            created_ms INTEGER NOT NULL, finished_ms INTEGER,
            ending TEXT CHECK (
                ending = 'stop' OR ending = 'length' OR ending = 'content_filter'
                OR ending = 'tool_calls' OR ending = 'refusal'),
            reasoning TEXT NOT NULL DEFAULT '', sources TEXT NOT NULL DEFAULT '',
            parent INTEGER NOT NULL DEFAULT 0, continues INTEGER NOT NULL DEFAULT 0,
            fresh INTEGER NOT NULL DEFAULT 0, wish TEXT,
            cached INTEGER NOT NULL DEFAULT 0, micros INTEGER NOT NULL DEFAULT 0,
            heard TEXT, preview TEXT, left_out TEXT, summarized INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE INDEX turn_branch ON turn (session, parent);
        CREATE INDEX turn_tenant ON turn (tenant);
        CREATE INDEX turn_accepted ON turn (id) WHERE state = 'accepted';
        CREATE INDEX turn_running ON turn (id) WHERE state = 'running';
        CREATE INDEX turn_failed ON turn (finished_ms) WHERE state = 'failed';
        CREATE INDEX turn_uncertain ON turn (finished_ms) WHERE state = 'uncertain';

        CREATE TABLE asked (
            tenant INTEGER NOT NULL REFERENCES tenant (id),
            question INTEGER NOT NULL,
            asked_ms INTEGER NOT NULL,
            PRIMARY KEY (tenant, question)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX asked_time ON asked (asked_ms);

        CREATE TABLE turn_step (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            turn INTEGER NOT NULL REFERENCES turn (id) ON DELETE CASCADE,
            ordinal INTEGER NOT NULL,
            kind TEXT NOT NULL CHECK (
                kind = 'ask' OR kind = 'tool_call' OR kind = 'tool_result' OR kind = 'picture'),
            state TEXT NOT NULL CHECK (
                state = 'waiting' OR state = 'running' OR state = 'done' OR state = 'failed'
                OR state = 'uncertain'),
            call INTEGER, job TEXT,
            detail TEXT NOT NULL DEFAULT '',
            created_ms INTEGER NOT NULL, finished_ms INTEGER,
            UNIQUE (turn, ordinal)
        ) STRICT;
        CREATE INDEX turn_step_running ON turn_step (id) WHERE state = 'running';

        CREATE TABLE call (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            tenant INTEGER NOT NULL REFERENCES tenant (id),
            turn INTEGER, step INTEGER,
            provider TEXT NOT NULL, model TEXT NOT NULL,
            state TEXT NOT NULL CHECK (
                state = 'reserved' OR state = 'settled' OR state = 'released'
                OR state = 'uncertain' OR state = 'absorbed'),
            day_ms INTEGER NOT NULL,
            reserved_requests INTEGER NOT NULL, reserved_input_tokens INTEGER NOT NULL,
            reserved_output_tokens INTEGER NOT NULL, reserved_images INTEGER NOT NULL,
            reserved_micros INTEGER NOT NULL, reserved_disk_bytes INTEGER NOT NULL,
            requests INTEGER NOT NULL DEFAULT 0, input_tokens INTEGER NOT NULL DEFAULT 0,
            output_tokens INTEGER NOT NULL DEFAULT 0, images INTEGER NOT NULL DEFAULT 0,
            micros INTEGER NOT NULL DEFAULT 0, disk_bytes INTEGER NOT NULL DEFAULT 0,
            estimated INTEGER NOT NULL DEFAULT 0,
            cached_tokens INTEGER NOT NULL DEFAULT 0,
            cache_write_tokens INTEGER NOT NULL DEFAULT 0,
            created_ms INTEGER NOT NULL, settled_ms INTEGER,
            job TEXT,
            pictures_name BLOB CHECK (pictures_name IS NULL OR length(pictures_name) = 32)
        ) STRICT;
        CREATE INDEX call_reserved ON call (id) WHERE state = 'reserved';
        CREATE INDEX call_uncertain ON call (settled_ms) WHERE state = 'uncertain';
        CREATE INDEX call_absorbed ON call (settled_ms) WHERE state = 'absorbed';

        CREATE TABLE idempotency (
            id INTEGER PRIMARY KEY,
            tenant INTEGER NOT NULL REFERENCES tenant (id),
            name BLOB NOT NULL CHECK (length(name) = 32),
            request BLOB NOT NULL CHECK (length(request) = 32),
            call INTEGER,
            status INTEGER, type TEXT, body BLOB,
            created_ms INTEGER NOT NULL,
            UNIQUE (tenant, name)
        ) STRICT;
        CREATE INDEX idempotency_created ON idempotency (created_ms);
        CREATE INDEX idempotency_open ON idempotency (call) WHERE status IS NULL;

        CREATE TABLE usage_day (
            tenant INTEGER NOT NULL REFERENCES tenant (id),
            day_ms INTEGER NOT NULL,
            requests INTEGER NOT NULL DEFAULT 0, input_tokens INTEGER NOT NULL DEFAULT 0,
            output_tokens INTEGER NOT NULL DEFAULT 0, images INTEGER NOT NULL DEFAULT 0,
            micros INTEGER NOT NULL DEFAULT 0, disk_bytes INTEGER NOT NULL DEFAULT 0,
            reserved_requests INTEGER NOT NULL DEFAULT 0,
            reserved_input_tokens INTEGER NOT NULL DEFAULT 0,
            reserved_output_tokens INTEGER NOT NULL DEFAULT 0,
            reserved_images INTEGER NOT NULL DEFAULT 0,
            reserved_micros INTEGER NOT NULL DEFAULT 0,
            reserved_disk_bytes INTEGER NOT NULL DEFAULT 0,
            hits INTEGER NOT NULL DEFAULT 0, estimated INTEGER NOT NULL DEFAULT 0,
            cached_tokens INTEGER NOT NULL DEFAULT 0,
            cache_write_tokens INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (tenant, day_ms)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            turn INTEGER REFERENCES turn (id) ON DELETE CASCADE,
            session INTEGER REFERENCES session (id) ON DELETE CASCADE,
            tenant INTEGER NOT NULL REFERENCES tenant (id),
            channel TEXT NOT NULL CHECK (
                channel = 'web' OR channel = 'terminal' OR channel = 'telegram'),
            chat TEXT NOT NULL, topic TEXT NOT NULL,
            part INTEGER NOT NULL,
            body TEXT NOT NULL,
            state TEXT NOT NULL CHECK (
                state = 'waiting' OR state = 'sent' OR state = 'failed'),
            attempts INTEGER NOT NULL DEFAULT 0, due_ms INTEGER,
            error TEXT, message TEXT,
            created_ms INTEGER NOT NULL, finished_ms INTEGER,
            begun_ms INTEGER, unsure INTEGER NOT NULL DEFAULT 0,
            heard TEXT,
            UNIQUE (turn, part)
        ) STRICT;
        CREATE INDEX outbox_waiting ON outbox (channel, chat, topic, id) WHERE state = 'waiting';
        CREATE INDEX outbox_session ON outbox (session) WHERE session IS NOT NULL;
        CREATE INDEX outbox_failed ON outbox (finished_ms) WHERE state = 'failed';
        CREATE INDEX outbox_unsure ON outbox (created_ms) WHERE unsure > 0;

        CREATE TABLE channel_update (
            id INTEGER PRIMARY KEY,
            bot INTEGER NOT NULL, number INTEGER NOT NULL,
            body BLOB NOT NULL,
            received_ms INTEGER NOT NULL, finished_ms INTEGER,
            UNIQUE (bot, number)
        ) STRICT;
        CREATE INDEX channel_update_open ON channel_update (bot, id) WHERE finished_ms IS NULL;
        CREATE INDEX channel_update_finished ON channel_update (finished_ms)
            WHERE finished_ms IS NOT NULL;

        CREATE TABLE side_text (
            source TEXT NOT NULL CHECK (source = 'update' OR source = 'turn'),
            owner INTEGER NOT NULL,
            media TEXT NOT NULL,
            call INTEGER NOT NULL,
            text TEXT,
            asked_again INTEGER NOT NULL DEFAULT 0, lost INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (source, owner, media)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX side_text_call ON side_text (call);
        CREATE TRIGGER side_text_of_update AFTER UPDATE OF finished_ms ON channel_update
            WHEN new.finished_ms IS NOT NULL
        BEGIN
            DELETE FROM side_text WHERE source = 'update' AND owner = new.id;
        END;
        CREATE TRIGGER side_text_of_turn AFTER UPDATE OF state ON turn
            WHEN new.kind = 'image' AND (new.state = 'done' OR new.state = 'stopped')
        BEGIN
            DELETE FROM side_text WHERE source = 'turn' AND owner = new.id;
        END;
        CREATE TRIGGER side_text_deleted AFTER DELETE ON turn WHEN old.kind = 'image'
        BEGIN
            DELETE FROM side_text WHERE source = 'turn' AND owner = old.id;
        END;

        CREATE TABLE invitation (
            id INTEGER PRIMARY KEY,
            tenant INTEGER REFERENCES tenant (id),
            hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
            created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE access_request (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            channel TEXT NOT NULL CHECK (
                channel = 'web' OR channel = 'terminal' OR channel = 'telegram'),
            external TEXT NOT NULL,
            chat TEXT NOT NULL,
            name TEXT NOT NULL,
            refused INTEGER NOT NULL DEFAULT 0,
            created_ms INTEGER NOT NULL,
            UNIQUE (channel, external)
        ) STRICT;

        CREATE TABLE file (
            id TEXT PRIMARY KEY,
            tenant INTEGER NOT NULL REFERENCES tenant (id),
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            bytes INTEGER NOT NULL,
            kind TEXT NOT NULL,
            uses INTEGER NOT NULL DEFAULT 0, released INTEGER NOT NULL DEFAULT 0,
            created_ms INTEGER NOT NULL, last_used_ms INTEGER NOT NULL,
            UNIQUE (tenant, hash)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX file_used ON file (last_used_ms);

        CREATE INDEX file_unused ON file (last_used_ms) WHERE uses = 0;

        CREATE TABLE turn_file (
            turn INTEGER NOT NULL REFERENCES turn (id) ON DELETE CASCADE,
            role TEXT NOT NULL CHECK (role = 'input' OR role = 'picture' OR role = 'text'),
            ordinal INTEGER NOT NULL,
            file TEXT NOT NULL, thumbnail TEXT,
            width INTEGER NOT NULL, height INTEGER NOT NULL,
            PRIMARY KEY (turn, role, ordinal)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX turn_file_file ON turn_file (file);
        CREATE TRIGGER turn_file_added AFTER INSERT ON turn_file BEGIN
            UPDATE file SET uses = uses + 1, released = 0 WHERE id = new.file;
            UPDATE file SET uses = uses + 1, released = 0 WHERE id = new.thumbnail;
        END;
        CREATE TRIGGER turn_file_deleted AFTER DELETE ON turn_file BEGIN
            UPDATE file SET uses = max(0, uses - 1), released = (uses <= 1)
                WHERE id = old.file;
            UPDATE file SET uses = max(0, uses - 1), released = (uses <= 1)
                WHERE id = old.thumbnail;
        END;

        CREATE TABLE picture_cache (
            name BLOB NOT NULL CHECK (length(name) = 32),
            tenant INTEGER NOT NULL REFERENCES tenant (id),
            ordinal INTEGER NOT NULL, count INTEGER NOT NULL,
            model TEXT NOT NULL,
            file TEXT NOT NULL REFERENCES file (id) ON DELETE CASCADE,
            thumbnail TEXT REFERENCES file (id) ON DELETE CASCADE,
            width INTEGER NOT NULL, height INTEGER NOT NULL,
            PRIMARY KEY (name, tenant, ordinal)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX picture_cache_file ON picture_cache (file);
        CREATE INDEX picture_cache_thumbnail ON picture_cache (thumbnail)
            WHERE thumbnail IS NOT NULL;

        CREATE TABLE share (
            name TEXT PRIMARY KEY,
            session INTEGER NOT NULL UNIQUE REFERENCES session (id) ON DELETE CASCADE,
            last_turn INTEGER NOT NULL,
            created_ms INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE outline (
            session INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
            kind TEXT NOT NULL CHECK (kind = 'title' OR kind = 'summary'),
            turn INTEGER NOT NULL,
            call INTEGER NOT NULL,
            text TEXT,
            PRIMARY KEY (session, kind, turn)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX outline_open ON outline (call) WHERE text IS NULL;

        CREATE TABLE own_text (
            tenant INTEGER NOT NULL REFERENCES tenant (id),
            name TEXT NOT NULL,
            text TEXT NOT NULL,
            PRIMARY KEY (tenant, name)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE kept (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
        """
}
