// The functions of libvips that Berth uses, opened with dlopen. Nothing is linked, so a process that
// converts no picture maps none of libvips's hundred libraries, and does not need them installed.
#pragma once
#include <stdint.h>

/// One conversion: its callbacks, which libvips calls on threads of its own, and its options.
struct berth_vips_work {
    /// The first argument of each callback.
    void *context;
    /// Reads at most `count` bytes. Returns their number, 0 at the end, or -1 to stop.
    int64_t (*read)(void *context, void *bytes, int64_t count);
    /// Writes `count` bytes. Returns `count`, or -1 to stop.
    int64_t (*write)(void *context, const void *bytes, int64_t count);
    /// Whether the work must stop. It is asked after each strip of the picture.
    int (*must_stop)(void *context);
    /// The whole picture if it is in memory, or NULL if it is read.
    const void *bytes;
    int64_t size;
    /// Options of the loader, such as `[fail_on=error]`.
    const char *load;
    /// The output's suffix with the saver's options, such as `.jpg[Q=85,strip]`.
    const char *save;
    /// The box in pixels into which the picture is shrunk.
    int width, height;
    /// Whether colours are converted to sRGB by an ICC profile.
    int has_profile;
    /// Whether transparent pixels are made white.
    int flatten;
    /// Whether the result is made in memory before it is saved.
    int in_memory;
};

/// The result of a conversion.
struct berth_vips_result {
    int width, height;
    /// The reason of a failure in libvips's words, for the log.
    char message[256];
};

/// Opens libvips and prepares it: one thread, no cache, rows of 16 pixels, and only the loaders of
/// JPEG, PNG, WebP, GIF and HEIF. Must not be called on two threads at once.
///
/// Returns 0, or -1 with the reason in `reason`, which has `room` bytes. It may be tried again.
int berth_vips_open(char *reason, int room);

/// Opens the module that reads AVIF and HEIC, and what it needs. The same rules hold.
int berth_vips_open_heif(char *reason, int room);

/// Converts a picture on the calling thread. libvips must be open. Returns 0, or -1.
int berth_vips_convert(const struct berth_vips_work *work, struct berth_vips_result *result);
