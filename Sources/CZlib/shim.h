// zlib's init functions are macros that pass a version and a struct's size, which Swift cannot call.
#pragma once
#include <stddef.h>
#include <string.h>
#include <zlib.h>

/// The most bytes that `berth_gzip` makes of `count`, which is deflate's bound and the gzip frame.
static inline size_t berth_gzip_bound(size_t count) { return compressBound(count) + 18; }

/// Compresses `count` bytes into one gzip member. Returns its size, or 0 after an error.
///
/// With a window of 8 KiB and memory level 6 it uses 64 KiB while it runs, instead of 256.
static inline size_t berth_gzip(
    const unsigned char *in, size_t count, unsigned char *out, size_t room) {
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    if (deflateInit2(&stream, 4, Z_DEFLATED, 13 + 16, 6, Z_DEFAULT_STRATEGY) != Z_OK) return 0;
    stream.next_in = (unsigned char *)in;
    stream.avail_in = (unsigned int)count;
    stream.next_out = out;
    stream.avail_out = (unsigned int)room;
    int code = deflate(&stream, Z_FINISH);
    size_t size = stream.total_out;
    deflateEnd(&stream);
    return code == Z_STREAM_END ? size : 0;
}
