// Swift cannot call variadic C: one typed function per kind of value.
#pragma once
#include <curl/curl.h>
