#ifndef BASE_ARENA_H
#define BASE_ARENA_H

/*
 * Memory that ends together.  A run, a request or a cached answer owns one
 * arena; what is made for it is taken from there and nothing is freed singly.
 * Real exhaustion of memory ends the process (the journal makes that safe),
 * so no caller tests for NULL.
 */

#include <stddef.h>

struct arena;

struct arena	*arena_new(void);
void		 arena_free(struct arena *);		/* NULL is allowed */

/* Aligned for any type; arena_alloc leaves it unset, arena_zalloc zeroes. */
void		*arena_alloc(struct arena *, size_t size_bytes);
void		*arena_zalloc(struct arena *, size_t size_bytes);

/* For characters alone: not aligned, so a short string takes no more than its bytes. */
char		*arena_chars(struct arena *, size_t size_bytes);

/* `count` zeroed elements of `size_bytes`; the product is checked. */
void		*arena_array(struct arena *, size_t count, size_t size_bytes);

/* Grow an array to `count` elements, the new ones zeroed; the old block stays. */
void		*arena_grow(struct arena *, const void *old, size_t old_count,
		    size_t count, size_t size_bytes);

char		*arena_strdup(struct arena *, const char *);		/* NULL gives NULL */
char		*arena_strndup(struct arena *, const char *, size_t n);
char		*arena_printf(struct arena *, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));

/* These one after the other, up to the NULL that ends them: for keys made by the thousand. */
char		*arena_join(struct arena *, const char *first, ...) __attribute__((sentinel));

/* Call fn(p) when the arena is freed, last added first. */
void		 arena_defer(struct arena *, void (*fn)(void *), void *p);

/* Bytes taken so far, for limits and tests. */
size_t		 arena_used(const struct arena *);

#endif
