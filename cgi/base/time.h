#ifndef BASE_TIME_H
#define BASE_TIME_H

/* Formats only; nobody here reads a clock. */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#define TIME_TEXT_MAX	21

const char	*time_text(int64_t unix_s, char buf[TIME_TEXT_MAX]);	/* 2026-11-23T18:00:00Z */
const char	*time_str(struct arena *, int64_t unix_s);
bool		 time_parse(struct text, int64_t *ret);		/* that form, or a date alone */

#endif
