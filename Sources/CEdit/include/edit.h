// The functions of libedit that `berth chat` uses, opened with dlopen. Nothing is linked, so the
// service maps nothing of it and does not need it installed.
#pragma once

/// Loads libedit. Returns 0, or -1 if it is not installed.
int berth_edit_find(void);

/// Opens an editor on the process's terminal, which gets its former state back at the exit. Must be
/// called once, on the thread that reads the lines. The arrow keys bring back `texts_kept` texts, and
/// a pasted text is cut at `longest_paste` bytes.
///
/// Returns 0, or -1 if the terminal cannot be edited.
int berth_edit_open(int texts_kept, int longest_paste);

/// Adds a text to those that the arrow keys bring back.
void berth_edit_add(const char *text);

/// Reads a line, or a pasted text of several lines, on the calling thread.
///
/// Returns its bytes, which are valid until the next call, and their number in `count`. Returns NULL
/// at the end of the input, with `count` 0, and after an interrupt, with `count` -1.
const char *berth_edit_line(const char *prompt, int *count);

/// Drops the line that is being read, or the next one if none is. It may be called on any thread.
void berth_edit_interrupt(void);
