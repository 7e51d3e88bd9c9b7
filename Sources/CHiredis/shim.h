// Functions for the asynchronous API of hiredis 0.14 that Swift cannot express: arrays of pointers,
// and fields of nested structs.
#pragma once
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/// The maximum number of arguments of a command.
static const int berth_redis_most_arguments = 600;

/// The maximum number of elements of a reply, those of the arrays within it included.
static inline int *berth_redis_most_elements(void) {
    static int most;
    return &most;
}

/// The functions with which hiredis makes its own reply objects.
static inline redisReplyObjectFunctions *berth_redis_usual(void) {
    static redisReplyObjectFunctions usual;
    return &usual;
}

/// The reply that a reader is making: the object of the outermost array.
static inline redisReply *berth_redis_root(const redisReadTask *task) {
    while (task->parent != NULL) task = task->parent;
    return (redisReply *)task->obj;
}

/// Makes an array, or returns NULL, which ends the connection, if its reply has too many elements.
///
/// hiredis allocates the stated number of pointers before any element arrives. An array's unused
/// member `integer` counts the elements of its whole reply, and `len` the bytes of its strings.
static void *berth_redis_array(const redisReadTask *task, int elements) {
    redisReply *root = berth_redis_root(task);
    long long before = root == NULL ? 0 : root->integer;
    if (elements < 0 || before + elements > *berth_redis_most_elements()) return NULL;
    redisReply *reply = (redisReply *)berth_redis_usual()->createArray(task, elements);
    if (reply != NULL) (root == NULL ? reply : root)->integer = before + elements;
    return reply;
}

/// Makes a string, or returns NULL if the strings of its reply have too many bytes together.
static void *berth_redis_string(const redisReadTask *task, char *text, size_t length) {
    redisReply *root = task->parent == NULL ? NULL : berth_redis_root(task);
    size_t before = root == NULL ? 0 : root->len;
    if (length > (size_t)task->privdata - before) return NULL;
    redisReply *reply = (redisReply *)berth_redis_usual()->createString(task, text, length);
    if (reply != NULL && root != NULL) root->len = before + length;
    return reply;
}

/// Bounds the replies of a connection to `bytes` of strings, and those of all connections to
/// `elements`.
static inline void berth_redis_bound(redisAsyncContext *context, size_t bytes, int elements) {
    static redisReplyObjectFunctions bounded;
    redisReader *reader = context->c.reader;
    if (bounded.createArray == NULL) {
        *berth_redis_usual() = bounded = *reader->fn;
        bounded.createArray = berth_redis_array;
        bounded.createString = berth_redis_string;
    }
    *berth_redis_most_elements() = elements;
    reader->fn = &bounded;
    reader->privdata = (void *)bytes;
}

/// The stated length of an incomplete string at the start of the unread bytes, or 0.
///
/// hiredis has read the type of the string, and waits for its bytes at the digits of the length.
static inline size_t berth_redis_stated(const redisAsyncContext *context) {
    const redisReader *reader = context->c.reader;
    size_t at = reader->pos, length = 0;
    if (reader->ridx < 0 || reader->rstack[reader->ridx].type != REDIS_REPLY_STRING) return 0;
    for (; at < reader->len && reader->buf[at] >= '0' && reader->buf[at] <= '9'; at++) {
        // Swift sees a signed number.
        if (length > SIZE_MAX / 100) return SIZE_MAX / 2;
        length = length * 10 + (size_t)(reader->buf[at] - '0');
    }
    return length;
}

/// Sets the functions that hiredis calls to have its socket watched. It must be called before any
/// other callback is set, because redisAsyncSetConnectCallback calls `addWrite`.
static inline void berth_redis_attach(
    redisAsyncContext *context, void *data, void (*add_read)(void *), void (*del_read)(void *),
    void (*add_write)(void *), void (*del_write)(void *), void (*cleanup)(void *)) {
    context->data = data;
    context->ev.data = data;
    context->ev.addRead = add_read;
    context->ev.delRead = del_read;
    context->ev.addWrite = add_write;
    context->ev.delWrite = del_write;
    context->ev.cleanup = cleanup;
}

static inline void *berth_redis_data(const redisAsyncContext *context) { return context->data; }
static inline int berth_redis_socket(const redisAsyncContext *context) { return context->c.fd; }
static inline int berth_redis_error(const redisAsyncContext *context) { return context->err; }

/// The number of received bytes that are not part of a reply yet.
static inline size_t berth_redis_unread(const redisAsyncContext *context) {
    return context->c.reader->len - context->c.reader->pos;
}

/// Whether any command waits for its reply.
static inline int berth_redis_waits(const redisAsyncContext *context) {
    return context->replies.head != NULL;
}

/// Whether bytes have arrived without a command. hiredis would end the process because of them.
static inline int berth_redis_is_unasked(const redisAsyncContext *context) {
    char byte;
    return !berth_redis_waits(context) && (context->c.flags & REDIS_CONNECTED) &&
           recv(context->c.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/// Sends a command, whose arguments follow each other in `bytes`. Returns REDIS_OK or REDIS_ERR.
static inline int berth_redis_command(
    redisAsyncContext *context, redisCallbackFn *callback, const unsigned char *bytes,
    const size_t *lengths, int count) {
    const char *arguments[600];
    if (count < 1 || count > berth_redis_most_arguments) return REDIS_ERR;
    const char *next = (const char *)bytes;
    for (int i = 0; i < count; i++) {
        arguments[i] = next;
        next += lengths[i];
    }
    return redisAsyncCommandArgv(context, callback, NULL, count, arguments, lengths);
}

static inline const redisReply *berth_redis_element(const redisReply *reply, size_t index) {
    return reply->element[index];
}
