// zstd's constants for an unknown size are casts, which Swift does not import.
#pragma once
#include <zstd.h>

/// The decompressed size in a frame's header, or -1 if it has none or is no header.
static inline long long berth_zstd_stated_size(const void *frame, size_t count) {
    unsigned long long size = ZSTD_getFrameContentSize(frame, count);
    return size > 0x7fffffff ? -1 : (long long)size;
}
