/* Body hashes, RFC 6376 3.7; see the header. */

#include "base/arena.h"
#include "mail/body_hash.h"

struct body_hash *
body_hashes_want(struct body_hashes *set, struct body_wish wish)
{
	struct body_hash *h;
	size_t i, size;

	for (i = 0; i < set->count; i++) {
		h = set->list[i];
		if (h->wish.canon == wish.canon && h->wish.hash == wish.hash &&
		    h->wish.has_length == wish.has_length && h->wish.length == wish.length)
			return h;
	}
	if (set->count == set->size) {
		size = set->size == 0 ? 8 : set->size * 2;
		set->list = arena_grow(set->arena, set->list, set->count, size,
		    sizeof(struct body_hash *));
		set->size = size;
	}
	h = arena_zalloc(set->arena, sizeof(*h));
	h->wish = wish;
	h->left = wish.has_length ? wish.length : UINT64_MAX;
	h->digest = digest_new(set->arena, wish.hash);
	set->list[set->count++] = h;
	return h;
}

/* All digests of one canonical form. */
struct fan {
	struct body_hashes	*set;
	enum canon		 canon;
};

static void
fan_out(void *ctx, const char *p, size_t n)
{
	struct fan *fan = ctx;
	struct body_hash *h;
	size_t i, take;

	for (i = 0; i < fan->set->count; i++) {
		h = fan->set->list[i];
		if (h->wish.canon != fan->canon || h->left == 0)
			continue;
		take = n < h->left ? n : (size_t)h->left;
		digest_add(h->digest, (struct text){ p, take });
		h->left -= take;
	}
}

static bool
is_wanted(const struct body_hashes *set, enum canon canon)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		if (set->list[i]->wish.canon == canon)
			return true;
	return false;
}

static void
run_one(struct body_hashes *set, enum canon canon, struct text body)
{
	struct fan fan = { set, canon };
	struct canon_body *b = arena_alloc(set->arena, sizeof(*b));
	struct body_hash *h;
	size_t i;

	canon_body_init(b, canon, (struct canon_sink){ fan_out, &fan });
	canon_body_add(b, body);
	canon_body_end(b);
	for (i = 0; i < set->count; i++) {
		h = set->list[i];
		if (h->wish.canon != canon)
			continue;
		h->n = digest_end(h->digest, h->value);
		h->body_bytes = b->bytes;
	}
}

void
body_hashes_run(struct body_hashes *set, struct text body)
{
	if (is_wanted(set, CANON_SIMPLE))
		run_one(set, CANON_SIMPLE, body);
	if (is_wanted(set, CANON_RELAXED))
		run_one(set, CANON_RELAXED, body);
}
