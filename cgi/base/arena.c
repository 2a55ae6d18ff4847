#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/*
 * Blocks in a list, taken from the front of the newest.  The first block also
 * holds the arena itself, so a small arena (a cached answer) is one malloc.
 * Under AddressSanitizer every piece is a block of its own, so that a step
 * beyond its end is seen.
 */
#define ALIGN		_Alignof(max_align_t)
#define FIRST_BYTES	480
#define BLOCK_MAX	(16 * 1024)	/* on average half of the last one is wasted */

struct block {
	struct block	*older;
	size_t		 size, used;		/* of bytes[] */
	_Alignas(max_align_t) char bytes[];
};

struct deferred {
	struct deferred	*earlier;
	void		(*fn)(void *);
	void		*p;
};

struct arena {
	struct block	*newest;
	struct deferred	*deferred;
	size_t		 next_bytes;		/* size of the next block */
	size_t		 used;
};

static void
out_of_memory(void)
{
	fputs("out of memory\n", stderr);
	abort();
}

static struct block *
block_new(size_t size)
{
	struct block *b;

	if (size > SIZE_MAX - sizeof(*b))
		out_of_memory();
	b = malloc(sizeof(*b) + size);
	if (b == NULL)
		out_of_memory();
	b->older = NULL;
	b->size = size;
	b->used = 0;
	return b;
}

struct arena *
arena_new(void)
{
#ifdef __SANITIZE_ADDRESS__
	struct block *b = block_new(sizeof(struct arena));
#else
	struct block *b = block_new(FIRST_BYTES);
#endif
	struct arena *a = (struct arena *)(void *)b->bytes;

	b->used = sizeof(*a);
	a->newest = b;
	a->deferred = NULL;
	a->next_bytes = 2 * FIRST_BYTES;
	a->used = 0;
	return a;
}

void
arena_free(struct arena *a)
{
	struct block *b, *older;
	struct deferred *d;

	if (a == NULL)
		return;
	/* A deferred function may defer again; take one at a time. */
	while ((d = a->deferred) != NULL) {
		a->deferred = d->earlier;
		d->fn(d->p);
	}
	for (b = a->newest; b != NULL; b = older) {
		older = b->older;
		free(b);
	}
}

/* A piece that gets a block to itself, behind the newest, which may have room left. */
static void *
alloc_alone(struct arena *a, size_t size)
{
	struct block *b = block_new(size);

	b->used = size;
	b->older = a->newest->older;
	a->newest->older = b;
	return b->bytes;
}

static size_t
rounded(size_t n, size_t align)
{
	return (n + align - 1) & ~(align - 1);
}

/* align is a power of two, at most ALIGN. */
static void *
take(struct arena *a, size_t size, size_t align)
{
	struct block *b = a->newest;
	size_t at, want = size == 0 ? 1 : size;

	if (size > SIZE_MAX / 2)
		out_of_memory();
	a->used += rounded(want, align);
#ifdef __SANITIZE_ADDRESS__
	return alloc_alone(a, size);
#endif
	at = rounded(b->used, align);
	if (at > b->size || b->size - at < want) {
		if (want > a->next_bytes / 4)
			return alloc_alone(a, want);
		b = block_new(a->next_bytes);
		b->older = a->newest;
		a->newest = b;
		if (a->next_bytes < BLOCK_MAX)
			a->next_bytes *= 2;
		at = 0;
	}
	b->used = at + want;
	return b->bytes + at;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	return take(a, size, ALIGN);
}

char *
arena_chars(struct arena *a, size_t size)
{
	return take(a, size, 1);
}

void *
arena_zalloc(struct arena *a, size_t size)
{
	return memset(arena_alloc(a, size), 0, size);
}

void *
arena_array(struct arena *a, size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		out_of_memory();
	return arena_zalloc(a, count * size);
}

void *
arena_grow(struct arena *a, const void *old, size_t old_count, size_t count, size_t size)
{
	char *p;

	if (count < old_count)
		count = old_count;
	if (size != 0 && count > SIZE_MAX / size)
		out_of_memory();
	p = arena_alloc(a, count * size);
	if (old_count != 0)
		memcpy(p, old, old_count * size);
	memset(p + old_count * size, 0, (count - old_count) * size);
	return p;
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = arena_chars(a, n + 1);

	if (n != 0)
		memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return s == NULL ? NULL : arena_strndup(a, s, strlen(s));
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	char small[256], *p;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n < 0)
		return arena_strdup(a, "");
	if ((size_t)n < sizeof(small))
		return arena_strndup(a, small, (size_t)n);
	p = arena_chars(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

char *
arena_join(struct arena *a, const char *first, ...)
{
	const char *s;
	size_t n = 0, part;
	va_list ap;
	char *p;

	va_start(ap, first);
	for (s = first; s != NULL; s = va_arg(ap, const char *))
		n += strlen(s);
	va_end(ap);
	p = arena_chars(a, n + 1);
	va_start(ap, first);
	for (n = 0, s = first; s != NULL; s = va_arg(ap, const char *)) {
		part = strlen(s);
		memcpy(p + n, s, part);
		n += part;
	}
	va_end(ap);
	p[n] = '\0';
	return p;
}

void
arena_defer(struct arena *a, void (*fn)(void *), void *p)
{
	struct deferred *d = arena_alloc(a, sizeof(*d));

	d->earlier = a->deferred;
	d->fn = fn;
	d->p = p;
	a->deferred = d;
}

size_t
arena_used(const struct arena *a)
{
	return a->used;
}
