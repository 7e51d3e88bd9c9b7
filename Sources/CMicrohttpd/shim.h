// Swift cannot call variadic C: one typed function per call that Berth makes.
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <microhttpd.h>
