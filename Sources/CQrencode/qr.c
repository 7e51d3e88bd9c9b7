#include "qr-table.h"

#include <dlfcn.h>
#include <stddef.h>

// The public form of libqrencode's `QRcode`.
struct drawing {
    int version;
    int width;
    unsigned char *data;
};

/// libqrencode's level of correction M: 15 % of a code may be unreadable.
enum { LEVEL_M = 1 };

int berth_qr_draw(const char *text, uint8_t *modules, int room) {
    static struct drawing *(*encode)(const char *text, int version, int level);
    static void (*release)(struct drawing *);
    if (!encode) {
        void *library = dlopen("libqrencode.so.4", RTLD_NOW | RTLD_LOCAL);
        if (!library) return -1;
        release = (void (*)(struct drawing *))dlsym(library, "QRcode_free");
        if (!release) return -1;
        encode = (struct drawing * (*)(const char *, int, int))
            dlsym(library, "QRcode_encodeString8bit");
        if (!encode) return -1;
    }
    struct drawing *made = encode(text, 0, LEVEL_M);
    if (!made) return -2;
    int width = made->width;
    if (width <= room / width) {
        for (int i = 0; i < width * width; i++) modules[i] = made->data[i] & 1;
    } else {
        width = -2;
    }
    release(made);
    return width;
}
