// zstd's constants for an unknown size are casts, which Swift does not import.
#pragma once
#include <zstd.h>

/// The decompressed size in a frame's header, or -1 if it has none or is no header.
static inline long long berth_zstd_stated_size(const void *frame, size_t count) {
    unsigned long long size = ZSTD_getFrameContentSize(frame, count);
    return size > 0x7fffffff ? -1 : (long long)size;
}

/// Makes a streaming decompressor that refuses frames with a window over 2^`window_log` bytes.
/// Returns NULL if there is no memory.
static inline ZSTD_DCtx *berth_zstd_make(int window_log) {
    ZSTD_DCtx *context = ZSTD_createDCtx();
    if (context) ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, window_log);
    return context;
}

/// Decompresses a part of `in`, whose number of read bytes is added to `*taken`, into `out`.
///
/// Returns the bytes written, or -1 if the data is broken. `*is_done` is set at the end of a frame.
static inline long berth_zstd(
    ZSTD_DCtx *context, const void *in, size_t count, size_t *taken, void *out, size_t room,
    int *is_done) {
    ZSTD_inBuffer input = {in, count, 0};
    ZSTD_outBuffer output = {out, room, 0};
    size_t code = ZSTD_decompressStream(context, &output, &input);
    *taken += input.pos;
    *is_done = code == 0;
    return ZSTD_isError(code) ? -1 : (long)output.pos;
}
