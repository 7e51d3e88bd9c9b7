// zstd's marks of an unknown size are casts, which Swift leaves out.
#pragma once
#include <zstd.h>

/// The decompressed size that a frame's header states; -1 where it states none or is no header.
static inline long long berth_zstd_stated_size(const void *frame, size_t count) {
    unsigned long long size = ZSTD_getFrameContentSize(frame, count);
    return size > 0x7fffffff ? -1 : (long long)size;
}
