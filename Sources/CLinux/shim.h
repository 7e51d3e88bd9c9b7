// Functions of Linux and glibc that Swift's Glibc module leaves out. This file must not define
// _GNU_SOURCE, because that changes the layout of types that SwiftGlibc uses in debug builds.
#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// SOCK_STREAM and its flags are an enum whose Swift name differs between builds.

/// The kind of a stream socket, for getaddrinfo.
static const int berth_stream_kind = SOCK_STREAM;

/// The kind and the flags of Berth's own sockets.
static const int berth_stream_socket = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

/// Declared by <spawn.h> only with _GNU_SOURCE. A spawned program has no descriptor from `from` on.
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

/// The layout of `struct ucred` on Linux, which <sys/socket.h> declares only with _GNU_SOURCE.
struct berth_credentials {
    int32_t pid;
    uint32_t uid;
    uint32_t gid;
};

/// Declared by <pthread.h> only with _GNU_SOURCE. `name` has at most 15 bytes.
int pthread_setname_np(pthread_t thread, const char *name);
static inline void berth_name_thread(pthread_t thread, const char *name) {
    pthread_setname_np(thread, name);
}

/// A date and time in UTC.
struct berth_date {
    int year, month, day, hour, minute, second;
};

// `struct tm` holds a pointer (tm_zone), so reading any field of it is unsafe in Swift.
static inline struct berth_date berth_utc(int64_t seconds) {
    time_t time = seconds;
    struct tm f;
    gmtime_r(&time, &f);
    struct berth_date date = {f.tm_year + 1900, f.tm_mon + 1, f.tm_mday,
                              f.tm_hour,        f.tm_min,     f.tm_sec};
    return date;
}

/// The midnight, in the process's time zone, at the start of the day that lies `days_later` days
/// after the day of `seconds`.
static inline int64_t berth_local_midnight(int64_t seconds, int days_later) {
    time_t time = seconds;
    struct tm f;
    localtime_r(&time, &f);
    f.tm_mday += days_later;
    f.tm_hour = f.tm_min = f.tm_sec = 0;
    f.tm_isdst = -1;
    return mktime(&f);
}

/// The midnight, in the process's time zone, at the start of the month that lies `months_later`
/// months after the month of `seconds`.
static inline int64_t berth_local_month(int64_t seconds, int months_later) {
    time_t time = seconds;
    struct tm f;
    localtime_r(&time, &f);
    f.tm_mon += months_later;
    f.tm_mday = 1;
    f.tm_hour = f.tm_min = f.tm_sec = 0;
    f.tm_isdst = -1;
    return mktime(&f);
}

/// Starts the program `path` with `arguments`, a list that NULL ends. The program has a process
/// group of its own, an empty input, `output` as both outputs, and no blocked signal. It gets
/// SIGTERM when the calling thread ends for any reason, which posix_spawn cannot request.
///
/// Returns the program's pid, or the negative errno of the call that failed.
static inline int berth_spawn(const char *path, char *const arguments[], int output) {
    const pid_t parent = getpid();
    volatile int failure = 0;  // shared with the child until it becomes the new program
    sigset_t none;
    sigemptyset(&none);
    pid_t child = vfork();
    if (child == 0) {
        int empty = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (empty >= 0 && dup2(empty, 0) >= 0 && dup2(output, 1) >= 0 && dup2(output, 2) >= 0
            && setpgid(0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent
            && sigprocmask(SIG_SETMASK, &none, NULL) == 0)
            execv(path, arguments);
        failure = errno;
        _exit(127);
    }
    if (child < 0) return -errno;
    if (failure == 0) return child;
    waitpid(child, NULL, 0);
    return -failure;
}

/// The bytes that have arrived at a socket and were not read, or 0 if that is unknown.
static inline int berth_unread(int socket) {
    int count = 0;
    return ioctl(socket, FIONREAD, &count) == 0 ? count : 0;
}

/// Makes a pipe: its reading and its writing end. The reading end does not block. Child processes
/// inherit neither.
static inline int berth_pipe(int ends[2]) {
    if (pipe(ends) != 0) return -1;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

/// The id of the process that listens on a Unix socket, or 0 if none can be reached.
static inline int32_t berth_unix_listener(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct berth_credentials peer = {0, 0, 0};
    socklen_t size = sizeof peer;
    if (strlen(path) >= sizeof address.sun_path) return 0;
    strcpy(address.sun_path, path);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return 0;
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0)
        getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size);
    close(descriptor);
    return peer.pid;
}

/// Log lines that are not yet written: the bytes from `start` to `end`.
struct berth_log_buffer {
    char *bytes;
    size_t start, end;
    int descriptor;
    /// The most bytes of a write that does not wait for the descriptor's reader.
    size_t most;
};

// A variable of the file would not be part of the Swift module's object, one of a function is.
static inline struct berth_log_buffer *volatile *berth_crashing_log(void) {
    static struct berth_log_buffer *volatile log;
    return &log;
}

static inline struct sigaction *berth_former_action(int number) {
    static struct sigaction former[65];
    return &former[number];
}

// Called by the kernel in the thread that crashes: it may use async-signal-safe functions only.
static void berth_write_crashing_log(int number, siginfo_t *info, void *context) {
    (void)context;
    struct berth_log_buffer *log = *berth_crashing_log();
    while (log && log->end > log->start) {
        struct pollfd ready = {log->descriptor, POLLOUT, 0};
        size_t count = log->end - log->start;
        if (count > log->most) count = log->most;
        if (poll(&ready, 1, 0) != 1) break;
        ssize_t written = write(log->descriptor, log->bytes + log->start, count);
        if (written <= 0) break;
        log->start += written;
    }
    // The former action is the kernel's, or Swift's, which prints a backtrace. A fault happens again
    // when this function returns. A signal that was sent, or a breakpoint, does not.
    sigaction(number, berth_former_action(number), NULL);
    if (info->si_code <= 0 || number == SIGTRAP) raise(number);
}

/// Writes the log's remaining lines if the process crashes. NULL ends it.
static inline void berth_write_log_at_crash(struct berth_log_buffer *log) {
    static const int signals[] = {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV};
    static int is_installed;
    *berth_crashing_log() = log;
    if (log == NULL || is_installed) return;
    is_installed = 1;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction action = {.sa_sigaction = berth_write_crashing_log,
                                   .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
        sigaction(signals[i], &action, berth_former_action(signals[i]));
    }
}

// Declared here, because glibc declares it with _GNU_SOURCE alone.
extern int sem_clockwait(sem_t *, clockid_t, const struct timespec *);

/// Waits for a semaphore on the clock that never jumps. Returns whether nothing came in the time.
static inline int berth_semaphore_is_late(sem_t *semaphore, int milliseconds) {
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += milliseconds / 1000;
    end.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    if (end.tv_nsec >= 1000000000) {
        end.tv_sec += 1;
        end.tv_nsec -= 1000000000;
    }
    return sem_clockwait(semaphore, CLOCK_MONOTONIC, &end) != 0 && errno == ETIMEDOUT;
}
