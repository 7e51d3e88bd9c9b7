// SQLITE_TRANSIENT is a cast of -1, which Swift does not import, so binding a text and binding bytes
// need typed functions. SQLite copies the values.
#pragma once
#include <sqlite3.h>
#include <stdint.h>

// A null pointer would bind NULL instead of an empty value.
static inline int berth_sqlite_bind_text(sqlite3_stmt *statement, int index, const void *text,
                                         uint64_t count) {
    const char *start = text ? (const char *)text : "";
    return sqlite3_bind_text64(statement, index, start, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static inline int berth_sqlite_bind_blob(sqlite3_stmt *statement, int index, const void *bytes,
                                         uint64_t count) {
    return sqlite3_bind_blob64(statement, index, bytes ? bytes : "", count, SQLITE_TRANSIENT);
}
