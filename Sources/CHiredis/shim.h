// Functions for the asynchronous API of hiredis 0.14 that Swift cannot express: arrays of pointers,
// and fields of nested structs.
#pragma once
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stddef.h>
#include <sys/socket.h>

/// The maximum number of arguments of a command.
static const int berth_redis_most_arguments = 600;

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
