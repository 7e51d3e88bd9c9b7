// A decoder whose memory is bounded, which libbrotlidec has no setting for.
#pragma once
#include <brotli/decode.h>
#include <malloc.h>
#include <stdlib.h>

/// A decoder and the bytes that it may still allocate.
typedef struct {
    BrotliDecoderState *state;
    size_t left;
} berth_brotli;

static inline void *berth_brotli_alloc(void *owner, size_t size) {
    berth_brotli *decoder = (berth_brotli *)owner;
    if (size > decoder->left) return NULL;
    void *memory = malloc(size);
    if (memory) {
        size_t real = malloc_usable_size(memory);
        decoder->left -= real < decoder->left ? real : decoder->left;
    }
    return memory;
}

static inline void berth_brotli_release(void *owner, void *memory) {
    berth_brotli *decoder = (berth_brotli *)owner;
    if (memory) decoder->left += malloc_usable_size(memory);
    free(memory);
}

static inline void berth_brotli_free(berth_brotli *decoder) {
    if (decoder->state) BrotliDecoderDestroyInstance(decoder->state);
    free(decoder);
}

/// Makes a decoder that holds at most `limit` bytes. Returns NULL if there is no memory.
static inline berth_brotli *berth_brotli_make(size_t limit) {
    berth_brotli *decoder = (berth_brotli *)malloc(sizeof(berth_brotli));
    if (!decoder) return NULL;
    decoder->left = limit;
    decoder->state =
        BrotliDecoderCreateInstance(berth_brotli_alloc, berth_brotli_release, decoder);
    if (decoder->state) return decoder;
    berth_brotli_free(decoder);
    return NULL;
}

/// Decodes a part of `in`, whose number of read bytes is added to `*taken`, into `out`.
///
/// Returns the bytes written, or -1 if the data is broken or its window is larger than the limit.
/// `*is_done` is set at the end of the data.
static inline long berth_brotli_decode(
    berth_brotli *decoder, const void *in, size_t count, size_t *taken, void *out, size_t room,
    int *is_done) {
    const uint8_t *next_in = (const uint8_t *)in;
    uint8_t *next_out = (uint8_t *)out;
    size_t left = count, space = room;
    BrotliDecoderResult result = BrotliDecoderDecompressStream(
        decoder->state, &left, &next_in, &space, &next_out, NULL);
    *taken += count - left;
    *is_done = result == BROTLI_DECODER_RESULT_SUCCESS;
    return result == BROTLI_DECODER_RESULT_ERROR ? -1 : (long)(room - space);
}
