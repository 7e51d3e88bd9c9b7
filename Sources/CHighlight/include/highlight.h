/* The script of highlight.js, which highlight.S includes in the program. */
#include <stddef.h>
#include <stdint.h>

extern const uint8_t berth_highlight[];
extern const uint8_t berth_highlight_end[];

/* The first byte. Swift cannot read an array of unknown length. */
static inline const uint8_t *berth_highlight_start(void) { return berth_highlight; }

static inline size_t berth_highlight_size(void)
{
    return (size_t)(berth_highlight_end - berth_highlight);
}
