#define _GNU_SOURCE
#include "edit.h"

#include <dlfcn.h>
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

// Names and numbers of histedit.h, which is not needed to build. Source: editline(3).
typedef struct editline editline;
typedef struct history history;
typedef struct { int number; const char *text; } event;
typedef struct { const char *start, *cursor, *end; } line_info;
enum { EL_PROMPT = 0, EL_EDITOR = 2, EL_SIGNAL = 3, EL_BIND = 4, EL_ADDFN = 9, EL_HIST = 10,
       EL_GETCFN = 13, EL_PREP_TERM = 16, EL_REFRESH = 20 };
enum { H_SETSIZE = 1, H_ENTER = 10, H_SETUNIQUE = 20 };
enum { CC_EOF = 2, CC_REFRESH = 4 };

#define FUNCTIONS(X)                                                                        \
    X(editline *, el_init, (const char *name, FILE *input, FILE *output, FILE *errors))     \
    X(int, el_set, (editline *, int option, ...))                                           \
    X(const char *, el_gets, (editline *, int *count))                                      \
    X(const line_info *, el_line, (editline *))                                             \
    X(int, el_insertstr, (editline *, const char *text))                                    \
    X(void, el_resize, (editline *))                                                        \
    X(history *, history_init, (void))                                                      \
    X(int, history, (history *, event *, int option, ...))

#define FIELD(result, name, arguments) result(*name) arguments;
static struct { FUNCTIONS(FIELD) } c;

static editline *editor;
static history *texts;
static char prompt[32];
static size_t most_pasted;
/// An eventfd that ends the wait for a key.
static int wake = -1;
static atomic_int is_interrupted, is_resized, is_continued;
/// Whether the line being read is dropped.
static int is_dropped;
static struct termios former;
static struct winsize size;

// The terminal then marks the start and the end of a pasted text.
static const char marks_on[] = "\033[?2004h", marks_off[] = "\033[?2004l";

static void put(const char *text) {
    fputs(text, stdout);
    fflush(stdout);
}

static char *show_prompt(editline *el) { return prompt; }

static void signal_wake(void) {
    uint64_t one = 1;
    if (wake >= 0 && write(wake, &one, sizeof one) < 0) return;
}

// Called by the kernel in any thread: it may use async-signal-safe functions only.
static void on_signal(int number) {
    int code = errno;
    atomic_store(number == SIGWINCH ? &is_resized : &is_continued, 1);
    signal_wake();
    errno = code;
}

/// A place in the edited line on the terminal.
struct place {
    int row, column;
    /// Whether characters without a width or control characters stand before it.
    int has_marks, has_controls;
};

/// The place before `end`, a byte of the edited line, on a terminal of `columns`.
static struct place place_of(const char *end, int columns) {
    struct place place = {0, strlen(prompt), 0, 0};
    mbstate_t state = {0};
    for (const char *at = c.el_line(editor)->start; at < end;) {
        wchar_t character;
        size_t used = mbrtowc(&character, at, end - at, &state);
        if (used == 0 || used > (size_t)(end - at)) break;
        at += used;
        int width = wcwidth(character);
        if (width == 0) place.has_marks = 1;
        if (width < 0 && character != L'\n') place.has_controls = 1;
        if (width < 0) width = 0;
        place.column += width;
        if (character != L'\n' && place.column <= columns) continue;
        place.row++;
        place.column = width;
    }
    // A full row puts the cursor onto the next one.
    if (columns > 0 && place.column >= columns) {
        place.row++;
        place.column = 0;
    }
    return place;
}

/// Goes to the line's first row, which is `rows` above the cursor, and clears the screen from there.
static void clear_from(int rows) {
    for (; rows > 0; rows--) fputs("\033[A", stdout);
    put("\r\033[J");
}

/// Draws a line that has combining characters again, because libedit leaves them out.
static void draw_marks(void) {
    const line_info *line = c.el_line(editor);
    struct place end = place_of(line->end, size.ws_col);
    // The rows that have left the screen cannot be drawn again.
    if (!end.has_marks || end.has_controls || end.row >= size.ws_row) return;
    struct place cursor = place_of(line->cursor, size.ws_col);
    clear_from(cursor.row);
    // libedit's own calculation takes a typed one for a column until it draws the whole line.
    c.el_set(editor, EL_REFRESH);
    clear_from(cursor.row);
    printf("%s%.*s", prompt, (int)(line->end - line->start), line->start);
    // The terminal stays at the end of a full row until the next character.
    if (end.column == 0) fputs(" ", stdout);
    for (int rows = end.row - cursor.row; rows > 0; rows--) fputs("\033[A", stdout);
    put("\r");
    if (cursor.column > 0) printf("\033[%dC", cursor.column);
    fflush(stdout);
}

/// Draws the line again if the terminal's size has changed or the shell has used the terminal.
static void redraw(void) {
    struct winsize now = size;
    int is_new = ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) == 0
        && (now.ws_col != size.ws_col || now.ws_row != size.ws_row);
    int was_away = atomic_exchange(&is_continued, 0);
    if (!is_new && !was_away) return;
    // Some terminals wrap long lines anew and some do not. The rows above must stay.
    const char *cursor = c.el_line(editor)->cursor;
    int before = place_of(cursor, size.ws_col).row, after = place_of(cursor, now.ws_col).row;
    size = now;
    if (was_away) {
        c.el_set(editor, EL_PREP_TERM, 0);
        c.el_set(editor, EL_PREP_TERM, 1);
        put(marks_on);
    }
    clear_from(was_away ? 0 : before < after ? before : after);
    c.el_resize(editor);
    c.el_set(editor, EL_REFRESH);
    draw_marks();
}

/// Reads one byte. Returns 1, 0 at the end of the input, or -1 after an interrupt.
static int next_byte(char *byte) {
    for (;;) {
        struct pollfd ready[] = {{STDIN_FILENO, POLLIN, 0}, {wake, POLLIN, 0}};
        if (poll(ready, 2, -1) < 0) {
            if (errno == EINTR) continue;
            return 0;
        }
        uint64_t count;
        if (ready[1].revents && read(wake, &count, sizeof count) > 0) {
            if (atomic_exchange(&is_interrupted, 0)) {
                is_dropped = 1;
                return -1;
            }
            if (atomic_exchange(&is_resized, 0) || atomic_load(&is_continued)) redraw();
        }
        if (!ready[0].revents) continue;
        ssize_t got = read(STDIN_FILENO, byte, 1);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        return got > 0 ? 1 : 0;
    }
}

/// Reads one character for libedit. An interrupt is a key that ends the line.
static int next_character(editline *el, wchar_t *out) {
    mbstate_t state = {0};
    draw_marks();
    for (;;) {
        char byte;
        int got = is_dropped ? -1 : next_byte(&byte);
        if (got == 0) return 0;
        if (got < 0) {
            *out = L'\n';
            return 1;
        }
        size_t used = mbrtowc(out, &byte, 1, &state);
        if (used == (size_t)-2) continue;
        if (used == (size_t)-1) *out = 0xFFFD;
        return 1;
    }
}

/// Keeps the characters of a text that can be shown, its line ends and its tabs.
static void clean(char *text, size_t count) {
    size_t kept = 0;
    mbstate_t state = {0};
    for (size_t at = 0; at < count;) {
        wchar_t character;
        size_t used = mbrtowc(&character, text + at, count - at, &state);
        if (used == 0 || used > count - at) {
            memset(&state, 0, sizeof state);
            at++;
            continue;
        }
        if ((unsigned char)text[at] >= 0x20 || text[at] == '\n' || text[at] == '\t') {
            memmove(text + kept, text + at, used);
            kept += used;
        }
        at += used;
    }
    // A line end at the end would be a last, empty line.
    while (kept > 0 && text[kept - 1] == '\n') kept--;
    text[kept] = 0;
}

/// Takes a pasted text up to the terminal's end mark, with its line ends, as one text.
static unsigned char paste(editline *el, wint_t key) {
    static const char end[] = "\033[201~";
    char *text = malloc(most_pasted + 1);
    if (!text) return CC_REFRESH;
    size_t count = 0, matched = 0;
    while (end[matched]) {
        char byte;
        int got = next_byte(&byte);
        if (got != 1) {
            free(text);
            return got == 0 ? CC_EOF : CC_REFRESH;
        }
        if (byte == end[matched]) {
            matched++;
            continue;
        }
        // The mark's first byte is no text, so what looked like a mark needs no second look.
        for (size_t i = 1; i < matched; i++)
            if (count < most_pasted) text[count++] = end[i];
        matched = byte == end[0];
        if (!matched && count < most_pasted) text[count++] = byte == '\r' ? '\n' : byte;
    }
    clean(text, count);
    c.el_insertstr(el, text);
    free(text);
    return CC_REFRESH;
}

static unsigned char new_line(editline *el, wint_t key) {
    c.el_insertstr(el, "\n");
    return CC_REFRESH;
}

static void bind_keys(void) {
    static const char *keys[][2] = {
        {"\033[200~", "berth-paste"},   {"\033\r", "berth-new-line"},
        {"\033\n", "berth-new-line"},   {"\033[1;5C", "em-next-word"},
        {"\033[1;5D", "ed-prev-word"},  {"^R", "em-inc-search-prev"},
        {"\033[3~", "ed-delete-next-char"},
    };
    c.el_set(editor, EL_ADDFN, "berth-paste", "Takes a pasted text", paste);
    c.el_set(editor, EL_ADDFN, "berth-new-line", "Begins a line of the same text", new_line);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        c.el_set(editor, EL_BIND, keys[i][0], keys[i][1], NULL);
}

static void restore(void) {
    put(marks_off);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &former);
}

/// Keeps what is typed during an answer for the next line, and out of the answer.
static void hush(void) {
    struct termios quiet = former;
    quiet.c_lflag &= ~(ECHO | ICANON);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &quiet);
}

int berth_edit_find(void) {
    if (c.history) return 0;
    void *library = dlopen("libedit.so.2", RTLD_NOW | RTLD_LOCAL);
    if (!library) return -1;
#define FIND(result, name, arguments)                                                       \
    if (!(c.name = (result(*) arguments)dlsym(library, #name))) return -1;
    FUNCTIONS(FIND)
    return 0;
}

int berth_edit_open(int texts_kept, int longest_paste) {
    most_pasted = longest_paste;
    if (berth_edit_find() || tcgetattr(STDIN_FILENO, &former)) return -1;
    // The locale of this thread alone. libedit reads its encoding and the widths of characters.
    locale_t words = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
    if (!words) return -1;
    uselocale(words);
    wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    editor = wake < 0 ? NULL : c.el_init("berth", stdin, stdout, stderr);
    texts = editor ? c.history_init() : NULL;
    if (!texts) return -1;
    event unused;
    c.history(texts, &unused, H_SETSIZE, texts_kept);
    c.history(texts, &unused, H_SETUNIQUE, 1);
    c.el_set(editor, EL_PROMPT, show_prompt);
    c.el_set(editor, EL_SIGNAL, 0);
    c.el_set(editor, EL_EDITOR, "emacs");
    c.el_set(editor, EL_HIST, c.history, texts);
    c.el_set(editor, EL_GETCFN, next_character);
    bind_keys();
    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGWINCH, &action, NULL);
    sigaction(SIGCONT, &action, NULL);
    atexit(restore);
    hush();
    put(marks_on);
    return 0;
}

void berth_edit_add(const char *text) {
    event unused;
    c.history(texts, &unused, H_ENTER, text);
}

const char *berth_edit_line(const char *words, int *count) {
    snprintf(prompt, sizeof prompt, "%s", words);
    is_dropped = 0;
    c.el_resize(editor);
    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    const char *line = c.el_gets(editor, count);
    fflush(stdout);
    hush();
    if (line && *count > 0 && !is_dropped) return line;
    *count = is_dropped ? -1 : 0;
    return NULL;
}

void berth_edit_interrupt(void) {
    atomic_store(&is_interrupted, 1);
    signal_wake();
}
