/*
 * What is said on the serial line. Formatting is the C library's (vsnprintf), into a buffer on the
 * stack. log_line adds nothing but a line end; levels below `loglevel=` print, the rest is dropped.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>
#include <stddef.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

extern enum log_level log_max_level;

/* One call, one line. Longer than 255 bytes is cut. Any context. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

/* Output of views and commands: always printed, no line end added. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Text as it is, of any length. */
void log_put(const char *text, size_t bytes);

/* Where text goes; set by the serial driver, on the host by the test. */
typedef void (*log_sink)(const char *text, size_t bytes);
void log_set_sink(log_sink sink);

#endif
