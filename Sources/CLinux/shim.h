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
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
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
