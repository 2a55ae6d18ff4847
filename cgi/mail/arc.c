/* ARC chains, RFC 8617 5.2; see the header. */

#include <string.h>

#include "base/arena.h"
#include "mail/arc.h"

const char *
arc_result_word(enum arc_result result)
{
	static const char *const words[] = { "none", "pass", "fail", "temperror" };

	return words[result];
}

static void
fails(struct arc *arc, const char *why)
{
	arc->result = ARC_FAIL;
	arc->why = why;
}

/* --- structure ---------------------------------------------------------------------------------- */

/* The set of an instance; NULL (and the chain fails) when there cannot be one. */
static struct arc_set *
set_of(struct arc *arc, unsigned instance)
{
	if (instance == 0 || instance > ARC_INSTANCES_MAX) {
		fails(arc, "bad_instance");
		return NULL;
	}
	if (instance > arc->instances)
		arc->instances = instance;
	return &arc->sets[instance - 1];
}

/* "i=1; authserv-id; ...": RFC 8617 4.1.1. */
static unsigned
results_instance(struct text value)
{
	struct text first = taglist_first(value), digits;
	uint64_t n;
	size_t at;

	if (!taglist_mentions(first, "i", false) || !text_find(first, TEXT("="), &at))
		return 0;
	digits = text_trim(text_skip(first, at + 1));
	return text_uint(digits, 1024, &n) ? (unsigned)n : 0;
}

static void
read_results(struct arc *arc, const struct message_field *f)
{
	struct arc_set *set = set_of(arc, results_instance(f->value));

	if (set == NULL)
		return;
	if (set->results != NULL)
		fails(arc, "repeated_instance");
	set->results = f;
}

static void
read_signature(struct arena *a, struct arc *arc, const struct message_field *f,
    enum signature_kind kind, int64_t now)
{
	struct signature sig, *into;
	struct arc_set *set;

	signature_parse(a, f, kind, now, &sig);
	set = set_of(arc, sig.instance);
	if (set == NULL)
		return;
	into = kind == SIGNATURE_ARC_SEAL ? &set->seal : &set->message;
	if (into->field != NULL)
		fails(arc, "repeated_instance");
	*into = sig;
}

/* All three fields in every set, cv=none in the first, cv=pass in the others. */
static void
check_sets(struct arc *arc)
{
	const struct arc_set *set;
	unsigned i;

	for (i = 0; i < arc->instances; i++) {
		set = &arc->sets[i];
		if (set->results == NULL || set->message.field == NULL ||
		    set->seal.field == NULL) {
			fails(arc, "incomplete_set");
			return;
		}
		if (set->seal.reason != DKIM_OK || set->seal.hash == HASH_SHA1) {
			fails(arc, "bad_seal");
			return;
		}
		if (strcmp(set->seal.chain, i == 0 ? "none" : "pass") != 0) {
			fails(arc, "bad_chain_value");
			return;
		}
	}
	set = &arc->sets[arc->instances - 1];
	if (set->message.reason != DKIM_OK || set->message.hash == HASH_SHA1)
		fails(arc, "bad_message_signature");
}

void
arc_read(struct arena *a, const struct message *m, int64_t now, struct arc *ret)
{
	const struct message_field **results, **messages, **seals;
	size_t results_n, messages_n, seals_n, i;

	*ret = (struct arc){ .result = ARC_NONE };
	results = message_fields_of(a, m, "arc-authentication-results", &results_n);
	messages = message_fields_of(a, m, "arc-message-signature", &messages_n);
	seals = message_fields_of(a, m, "arc-seal", &seals_n);
	if (results_n + messages_n + seals_n == 0)
		return;
	ret->result = ARC_PASS;
	ret->sets = arena_array(a, ARC_INSTANCES_MAX, sizeof(*ret->sets));
	/* More fields than any chain may have are not read at all. */
	if (results_n > ARC_INSTANCES_MAX || messages_n > ARC_INSTANCES_MAX ||
	    seals_n > ARC_INSTANCES_MAX) {
		ret->instances = ARC_INSTANCES_MAX;
		fails(ret, "too_many_sets");
		return;
	}
	for (i = 0; i < results_n; i++)
		read_results(ret, results[i]);
	for (i = 0; i < messages_n; i++)
		read_signature(a, ret, messages[i], SIGNATURE_ARC_MESSAGE, now);
	for (i = 0; i < seals_n; i++)
		read_signature(a, ret, seals[i], SIGNATURE_ARC_SEAL, now);
	if (ret->result == ARC_PASS)
		check_sets(ret);
}

/* --- keys --------------------------------------------------------------------------------------- */

static bool
ask_key(struct arena *a, const struct dns_source *src, const struct signature *sig,
    struct dkim_key *key)
{
	struct name name;

	if (!dkim_key_name(a, sig->selector.s, sig->domain, &name)) {
		key->result = DKIM_KEY_MISSING;
		return true;
	}
	return dkim_key_lookup(a, src, name, key);
}

bool
arc_ask(struct arena *a, const struct dns_source *src, struct arc *arc)
{
	struct arc_set *set;
	bool all = true;
	unsigned i;

	if (arc->result != ARC_PASS)
		return true;
	for (i = 0; i < arc->instances; i++) {
		set = &arc->sets[i];
		if (!ask_key(a, src, &set->seal, &set->seal_key))
			all = false;
		if (i + 1 == arc->instances &&
		    !ask_key(a, src, &set->message, &set->message_key))
			all = false;
	}
	return all;
}

/* --- signatures --------------------------------------------------------------------------------- */

/*
 * What each seal covers: all sets up to its own, instance by instance, its own
 * b= left out (RFC 8617 5.1.1).  One pass for all of them.
 */
static struct text *
seal_digests(struct arena *a, const struct arc *arc)
{
	struct digest *all = digest_new(a, HASH_SHA256), *one;
	struct text *list = arena_array(a, arc->instances, sizeof(*list));
	const struct arc_set *set;
	uint8_t *value;
	unsigned i;

	for (i = 0; i < arc->instances; i++) {
		set = &arc->sets[i];
		canon_field(CANON_RELAXED, set->results, digest_sink(all));
		canon_field(CANON_RELAXED, set->message.field, digest_sink(all));
		one = digest_copy(a, all);
		canon_signature(CANON_RELAXED, set->seal.field, set->seal.b_hole,
		    digest_sink(one));
		value = arena_alloc(a, HASH_BYTES_MAX);
		list[i].n = digest_end(one, value);
		list[i].p = (const char *)value;
		canon_field(CANON_RELAXED, set->seal.field, digest_sink(all));
	}
	return list;
}

static bool
verifies(const struct dkim_key *key, const struct signature *sig, struct text digest)
{
	const struct dkim_record *r;
	size_t i;

	for (i = 0; i < key->count && i < DKIM_KEY_RECORDS_MAX; i++) {
		r = &key->records[i];
		if (dkim_record_fits(r, sig) == DKIM_OK &&
		    (r->type != KEY_RSA || r->bits >= KEY_RSA_BITS_MIN) &&
		    pubkey_verify(r->key, sig->hash, digest, sig->b))
			return true;
	}
	return false;
}

static bool
message_holds(struct arena *a, const struct message *m, const struct arc_set *set)
{
	struct body_hashes bodies = { .arena = a };
	struct body_hash *body = body_hashes_want(&bodies, (struct body_wish){
	    set->message.body_canon, set->message.hash, set->message.has_length,
	    set->message.length });

	body_hashes_run(&bodies, m->body);
	return dkim_body_matches(body, &set->message) &&
	    verifies(&set->message_key, &set->message, signature_digest(a, m, &set->message));
}

void
arc_verify(struct arena *a, const struct message *m, struct arc *arc)
{
	const struct arc_set *set;
	const struct text *digests;
	bool unknown = false;
	unsigned i;

	if (arc->result != ARC_PASS)
		return;
	set = &arc->sets[arc->instances - 1];
	if (set->message_key.result == DKIM_KEY_TEMPERROR)
		unknown = true;
	else if (!message_holds(a, m, set)) {
		fails(arc, "message_signature_mismatch");
		return;
	}
	digests = seal_digests(a, arc);
	for (i = arc->instances; i > 0; i--) {
		set = &arc->sets[i - 1];
		if (set->seal_key.result == DKIM_KEY_TEMPERROR)
			unknown = true;
		else if (!verifies(&set->seal_key, &set->seal, digests[i - 1])) {
			fails(arc, "seal_mismatch");
			return;
		}
	}
	if (unknown)
		arc->result = ARC_TEMPERROR;
}
