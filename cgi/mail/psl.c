/* The Public Suffix List by libpsl; see the header. */

#include <stdio.h>

#include <libpsl.h>

#include "base/arena.h"
#include "mail/psl.h"

struct psl {
	const psl_ctx_t	*ctx;
};

static void
free_list(void *p)
{
	psl_free(p);
}

static struct psl *
wrap(struct arena *a, const psl_ctx_t *ctx)
{
	struct psl *psl = arena_alloc(a, sizeof(*psl));

	psl->ctx = ctx;
	return psl;
}

struct psl *
psl_read(struct arena *a, struct text bytes, struct err *err)
{
	psl_ctx_t *ctx = NULL;
	FILE *f;
	char *copy;

	/* fmemopen wants writable memory, and refuses an empty one. */
	if (bytes.n > 0) {
		copy = arena_strndup(a, bytes.p, bytes.n);
		f = fmemopen(copy, bytes.n, "r");
		if (f != NULL) {
			ctx = psl_load_fp(f);
			fclose(f);
		}
	}
	if (ctx == NULL || psl_suffix_count(ctx) == 0) {
		psl_free(ctx);
		err_set(err, ERR_SYNTAX, "this is no public suffix list");
		return NULL;
	}
	arena_defer(a, free_list, ctx);
	return wrap(a, ctx);
}

struct psl *
psl_of_library(struct arena *a)
{
	return wrap(a, psl_builtin());
}

const char *
psl_system_file(void)
{
	return psl_dist_filename();
}

static struct name
found(struct arena *a, const char *s)
{
	struct name name = { NULL };

	if (s != NULL)
		name_parse(a, text_of(s), &name);
	return name;
}

struct name
psl_public_suffix(struct arena *a, const struct psl *psl, struct name name)
{
	return found(a, psl_unregistrable_domain(psl->ctx, name.s));
}

struct name
psl_registered_domain(struct arena *a, const struct psl *psl, struct name name)
{
	return found(a, psl_registrable_domain(psl->ctx, name.s));
}
