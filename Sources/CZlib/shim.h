// zlib's init functions are macros that pass a version and a struct's size, which Swift cannot call.
#pragma once
#include <stddef.h>
#include <stdlib.h>
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

// MARK: decompression

/// Makes a decompressor of gzip or zlib data (window bits 47) or of raw deflate (-15). Returns NULL
/// if there is no memory.
static inline z_stream *berth_inflate_make(int window_bits) {
    z_stream *stream = calloc(1, sizeof *stream);
    if (stream && inflateInit2(stream, window_bits) != Z_OK) {
        free(stream);
        return NULL;
    }
    return stream;
}

static inline void berth_inflate_free(z_stream *stream) {
    inflateEnd(stream);
    free(stream);
}

/// Decompresses a part of `in`, whose number of read bytes is added to `*taken`, into `out`.
///
/// Returns the bytes written, or -1 if the data is broken. `*is_done` is set at the end of the data.
static inline long berth_inflate(
    z_stream *stream, const unsigned char *in, size_t count, size_t *taken, unsigned char *out,
    size_t room, int *is_done) {
    stream->next_in = (unsigned char *)in;
    stream->avail_in = (unsigned int)count;
    stream->next_out = out;
    stream->avail_out = (unsigned int)room;
    int code = inflate(stream, Z_NO_FLUSH);
    *taken += count - stream->avail_in;
    *is_done = code == Z_STREAM_END;
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) return -1;
    return (long)(room - stream->avail_out);
}

// MARK: compression in pieces

/// Makes a compressor of zlib data, of 256 KiB. Returns NULL if there is no memory.
static inline z_stream *berth_deflate_make(int level) {
    z_stream *stream = calloc(1, sizeof *stream);
    if (stream && deflateInit(stream, level) != Z_OK) {
        free(stream);
        return NULL;
    }
    return stream;
}

static inline void berth_deflate_free(z_stream *stream) {
    deflateEnd(stream);
    free(stream);
}

/// Compresses a part of `in`, whose number of read bytes is added to `*taken`, into `out`. With
/// `is_last`, it is called until it writes less than `room`.
///
/// Returns the bytes written, or -1 after an error.
static inline long berth_deflate(
    z_stream *stream, const unsigned char *in, size_t count, size_t *taken, unsigned char *out,
    size_t room, int is_last) {
    stream->next_in = (unsigned char *)in;
    stream->avail_in = (unsigned int)count;
    stream->next_out = out;
    stream->avail_out = (unsigned int)room;
    int code = deflate(stream, is_last ? Z_FINISH : Z_NO_FLUSH);
    *taken += count - stream->avail_in;
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) return -1;
    return (long)(room - stream->avail_out);
}
