#ifndef CAPUS_RE2_H
#define CAPUS_RE2_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct capus_re2 capus_re2;

/// Compiles `pattern`; on failure returns NULL and writes a NUL-terminated reason into `error`.
capus_re2 *capus_re2_new(const uint8_t *pattern, size_t count, char *error, size_t error_count);
void capus_re2_free(capus_re2 *re);

/// Whether the whole of `text` matches.
bool capus_re2_full_match(const capus_re2 *re, const uint8_t *text, size_t count);

/// Whole match with its groups: writes start and end offsets (-1, -1 where a group took no part), group 0 first.
bool capus_re2_captures(const capus_re2 *re, const uint8_t *text, size_t count, int64_t *offsets, int groups);

/// Capture groups, the whole match not counted.
int capus_re2_group_count(const capus_re2 *re);

/// The number of the group called `name`, or -1.
int capus_re2_group_named(const capus_re2 *re, const uint8_t *name, size_t count);

#ifdef __cplusplus
}
#endif
#endif
