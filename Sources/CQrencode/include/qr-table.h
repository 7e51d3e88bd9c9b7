// The function of libqrencode that Berth uses, opened with dlopen. Nothing is linked, so a process
// that draws no QR code does not map the library, and does not need it installed.
#pragma once
#include <stdint.h>

/// Draws a text as a QR code. It may block while it opens the library, and has one caller at a time.
///
/// Writes one byte a module, row by row: 1 if it is dark, else 0. Returns the modules on each side,
/// -1 if the library cannot be opened, or -2 if the text is too long for `room` modules.
int berth_qr_draw(const char *text, uint8_t *modules, int room);
