#define _GNU_SOURCE
#include "vips-table.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// libvips's and GLib's objects are opaque here, so no header of theirs is needed.
typedef void *object;
typedef void (*handler)(void);

#define FUNCTIONS(X)                                                                        \
    X(int, vips_init, (const char *name))                                                   \
    X(int, vips_version, (int part))                                                        \
    X(void, vips_concurrency_set, (int threads))                                            \
    X(void, vips_cache_set_max, (int operations))                                           \
    X(void, vips_operation_block_set, (const char *name, int is_blocked))                   \
    X(void, vips_add_option_entries, (object group))                                        \
    X(void, vips_thread_shutdown, (void))                                                   \
    X(const char *, vips_error_buffer, (void))                                              \
    X(void, vips_error_clear, (void))                                                       \
    X(object, vips_source_custom_new, (void))                                               \
    X(object, vips_source_new_from_memory, (const void *bytes, size_t size))                \
    X(object, vips_target_custom_new, (void))                                               \
    X(int, vips_thumbnail_source, (object source, object *image, int width, ...))           \
    X(int, vips_image_hasalpha, (object image))                                             \
    X(object, vips_array_double_newv, (int count, ...))                                     \
    X(void, vips_area_unref, (object area))                                                 \
    X(int, vips_flatten, (object image, object *flat, ...))                                 \
    X(void, vips_image_set_progress, (object image, int is_reported))                       \
    X(void, vips_image_set_kill, (object image, int is_killed))                             \
    X(object, vips_image_copy_memory, (object image))                                       \
    X(int, vips_image_get_width, (object image))                                            \
    X(int, vips_image_get_height, (object image))                                           \
    X(int, vips_image_write_to_target, (object image, const char *suffix, object target, ...)) \
    X(unsigned long, g_signal_connect_data,                                                 \
      (object instance, const char *signal, handler function, void *data, void *destroy,    \
       int flags))                                                                          \
    X(void, g_object_unref, (object instance))                                              \
    X(object, g_log_set_default_handler, (handler function, void *data))                    \
    X(object, g_option_group_new,                                                           \
      (const char *name, const char *text, const char *help, void *data, void *destroy))    \
    X(object, g_option_context_new, (const char *text))                                     \
    X(void, g_option_context_set_main_group, (object context, object group))                \
    X(int, g_option_context_parse,                                                          \
      (object context, int *count, char ***arguments, void **error))                        \
    X(void, g_option_context_free, (object context))

#define FIELD(result, name, arguments) result(*name) arguments;
static struct { FUNCTIONS(FIELD) } c;

static int say(char *reason, int room, const char *text) {
    snprintf(reason, room, "%s", text ? text : "unknown");
    return -1;
}

/// Finds all functions, those of GLib in the libraries that libvips needs.
static int find(void *library, char *reason, int room) {
#define FIND(result, name, arguments)                                             \
    if (!(c.name = (result(*) arguments)dlsym(library, #name)))                   \
        return say(reason, room, "libvips has no function " #name);
    FUNCTIONS(FIND)
    return 0;
}

// GLib's messages are in the error buffer too, and standard error is the log's alone.
static void ignore(const char *domain, int level, const char *message, void *data) {}

/// Sets rows of 16 pixels instead of 128, with the same output, and keeps large pictures out of
/// temporary files. Neither has a function of its own.
static void set_options(void) {
    char *words[] = {"berth", "--vips-tile-height=16", "--vips-disc-threshold=64g", NULL};
    char **arguments = words;
    int count = 3;
    object group = c.g_option_group_new("vips", "vips", "vips", NULL, NULL);
    c.vips_add_option_entries(group);
    object context = c.g_option_context_new("");
    c.g_option_context_set_main_group(context, group);
    c.g_option_context_parse(context, &count, &arguments, NULL);
    c.g_option_context_free(context);
}

int berth_vips_open(char *reason, int room) {
    static int is_open;
    if (is_open) return 0;
    void *library = dlopen("libvips.so.42", RTLD_NOW | RTLD_LOCAL);
    if (!library) return say(reason, room, dlerror());
    if (find(library, reason, room)) return -1;
    c.g_log_set_default_handler((handler)ignore, NULL);
    // libvips loads every module below this folder, those of ImageMagick and PDF too.
    setenv("VIPSHOME", "/nonexistent", 1);
    if (c.vips_init("berth")) return say(reason, room, c.vips_error_buffer());
    set_options();
    c.vips_concurrency_set(1);
    c.vips_cache_set_max(0);
    c.vips_operation_block_set("VipsForeignLoad", 1);
    const char *allowed[] = {"VipsForeignLoadJpegSource", "VipsForeignLoadPngSource",
                             "VipsForeignLoadWebpSource", "VipsForeignLoadNsgifSource",
                             "VipsForeignLoadHeifSource"};
    for (int i = 0; i < 5; i++) c.vips_operation_block_set(allowed[i], 0);
    is_open = 1;
    return 0;
}

int berth_vips_open_heif(char *reason, int room) {
    static int is_open;
    if (is_open) return 0;
    Dl_info place;
    if (!dladdr((void *)c.vips_init, &place)) return say(reason, room, "libvips has no file");
    const char *end = strrchr(place.dli_fname, '/');
    char path[1024];
    snprintf(path, sizeof path, "%.*s/vips-modules-%d.%d/vips-heif.so",
             end ? (int)(end - place.dli_fname) : 0, place.dli_fname, c.vips_version(0),
             c.vips_version(1));
    // A libvips without modules has the loader built in.
    if (access(path, R_OK) == 0) {
        void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (!module) return say(reason, room, dlerror());
        const char *(*begin)(void *) = (const char *(*)(void *))dlsym(module, "g_module_check_init");
        if (!begin) return say(reason, room, "vips-heif.so has no function g_module_check_init");
        begin(NULL);
    }
    is_open = 1;
    return 0;
}

// MARK: a conversion

static int64_t on_read(object source, void *bytes, int64_t count, struct berth_vips_work *work) {
    return work->read(work->context, bytes, count);
}

static int64_t on_write(
    object target, const void *bytes, int64_t count, struct berth_vips_work *work) {
    return work->write(work->context, bytes, count);
}

static void on_progress(object image, void *progress, struct berth_vips_work *work) {
    if (work->must_stop(work->context)) c.vips_image_set_kill(image, 1);
}

static void connect(
    object instance, const char *signal, handler function, const struct berth_vips_work *work) {
    c.g_signal_connect_data(instance, signal, function, (void *)work, NULL, 0);
}

/// Replaces a transparent picture by one on white.
static int flatten(object *image) {
    if (!c.vips_image_hasalpha(*image)) return 0;
    object white = c.vips_array_double_newv(3, 255.0, 255.0, 255.0), flat = NULL;
    int code = c.vips_flatten(*image, &flat, "background", white, NULL);
    c.vips_area_unref(white);
    if (code) return -1;
    c.g_object_unref(*image);
    *image = flat;
    return 0;
}

/// Replaces a picture that is computed by its pixels.
static int compute(object *image) {
    object pixels = c.vips_image_copy_memory(*image);
    c.g_object_unref(*image);
    *image = pixels;
    return pixels ? 0 : -1;
}

static int convert(
    const struct berth_vips_work *work, object source, object target, object *image,
    struct berth_vips_result *result) {
    enum { only_down = 2 };  // VIPS_SIZE_DOWN
    if (!work->bytes) connect(source, "read", (handler)on_read, work);
    connect(target, "write", (handler)on_write, work);
    // Without a profile the conversion to sRGB would only cost time.
    const char *profile = work->has_profile ? "export_profile" : NULL;
    if (c.vips_thumbnail_source(source, image, work->width, "height", work->height, "size",
                                only_down, "option_string", work->load, profile, "srgb", NULL))
        return -1;
    if (work->flatten && flatten(image)) return -1;
    result->width = c.vips_image_get_width(*image);
    result->height = c.vips_image_get_height(*image);
    c.vips_image_set_progress(*image, 1);
    connect(*image, "eval", (handler)on_progress, work);
    if (work->in_memory && compute(image)) return -1;
    return c.vips_image_write_to_target(*image, work->save, target, NULL);
}

int berth_vips_convert(const struct berth_vips_work *work, struct berth_vips_result *result) {
    object image = NULL;
    object source = work->bytes ? c.vips_source_new_from_memory(work->bytes, work->size)
                                : c.vips_source_custom_new();
    object target = c.vips_target_custom_new();
    int code = source && target ? convert(work, source, target, &image, result) : -1;
    if (image) c.g_object_unref(image);
    if (target) c.g_object_unref(target);
    if (source) c.g_object_unref(source);
    result->message[0] = 0;
    if (code) say(result->message, sizeof result->message, c.vips_error_buffer());
    // The buffer also has messages of conversions that succeeded.
    c.vips_error_clear();
    c.vips_thread_shutdown();
    return code;
}
