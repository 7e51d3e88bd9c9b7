// Swift cannot call variadic C functions, so there is one typed function for each call of Berth.
#pragma once
// First, so that the types of sockets are those of CLinux in every build.
#include "../CLinux/shim.h"
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <microhttpd.h>

/// Starts a daemon without threads. The caller runs it when its epoll descriptor is ready.
///
/// `listening` belongs to the daemon until MHD_quiesce_daemon returns it. Before that,
/// MHD_stop_daemon closes it. Every callback gets `server` as its first argument.
static inline struct MHD_Daemon *berth_mhd_start(
    int listening, size_t pool, unsigned int connections, void *server,
    MHD_AcceptPolicyCallback accept, MHD_NotifyConnectionCallback connection,
    void *(*request_line)(void *, const char *, struct MHD_Connection *),
    MHD_AccessHandlerCallback handler, MHD_RequestCompletedCallback completed) {
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, accept, server, handler, server,
        MHD_OPTION_LISTEN_SOCKET, listening,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, pool,
        MHD_OPTION_CONNECTION_LIMIT, connections,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
        MHD_OPTION_NOTIFY_CONNECTION, connection, server,
        MHD_OPTION_URI_LOG_CALLBACK, request_line, server,
        MHD_OPTION_NOTIFY_COMPLETED, completed, server,
        MHD_OPTION_END);
}

/// The daemon's epoll descriptor, or -1.
static inline int berth_mhd_epoll(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info ? info->epoll_fd : -1;
}

/// The connection's descriptor, or -1.
static inline int berth_mhd_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

/// The pointer that the connection callback stored for this connection, or NULL.
static inline void *berth_mhd_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/// The size in bytes of the request line and the header. It is valid once the header is complete.
static inline size_t berth_mhd_header_size(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info ? info->header_size : 0;
}

/// Cuts a request's target after its `?`. The caller must have a copy of it. Otherwise the daemon
/// splits the query in the connection's pool, with 64 bytes for each argument, and hangs when the
/// pool is full (0.9.75).
static inline void berth_mhd_cut_query(const char *target) {
    char *query = strchr(target, '?');  // in the connection's own buffer, which is not constant
    if (query) query[1] = 0;
}

/// The results of a content reader at the end and after an error. In C they are casts, which Swift
/// does not import as constants.
static const ssize_t berth_mhd_end_of_stream = MHD_CONTENT_READER_END_OF_STREAM;
static const ssize_t berth_mhd_end_with_error = MHD_CONTENT_READER_END_WITH_ERROR;

/// Writes an IP address into `text` (46 bytes or more). An IPv4 address has its own form on an IPv6
/// socket too. Returns 0 if `address` is not an IP address, as on a Unix-domain socket.
static inline int berth_address_text(const struct sockaddr *address, char *text, socklen_t size) {
    if (!address) return 0;
    if (address->sa_family == AF_INET)
        return inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, text, size) != 0;
    if (address->sa_family != AF_INET6) return 0;
    const struct in6_addr *v6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(v6)) return inet_ntop(AF_INET, v6->s6_addr + 12, text, size) != 0;
    return inet_ntop(AF_INET6, v6, text, size) != 0;
}

/// Has the daemon close a connection in its runs after one second. It serves connections whose
/// buffer is full: the daemon neither reads from them nor watches their sockets (0.9.75).
static inline void berth_mhd_end_soon(struct MHD_Connection *connection) {
    MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, 1u);
}

/// Whether the version of a request is HTTP/1.1 or later.
static inline int berth_mhd_takes_interim(const char *version) {
    return version && strlen(version) == 8 && version[7] != '0';
}
