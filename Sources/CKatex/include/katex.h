/* KaTeX's script, which katex.S includes in the program. */
#include <stddef.h>
#include <stdint.h>

extern const uint8_t berth_katex[];
extern const uint8_t berth_katex_end[];

/* The first byte. Swift cannot read an array of unknown length. */
static inline const uint8_t *berth_katex_start(void) { return berth_katex; }

static inline size_t berth_katex_size(void) { return (size_t)(berth_katex_end - berth_katex); }
