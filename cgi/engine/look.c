/*
 * The keeper's looks.  The first is kept as the report.  What it shows to be
 * otherwise than what stands is looked at again by another way: what the
 * resolver said, at the domain's own servers; what those said, at the resolver;
 * what only one way leads to, afresh.  Where both do not agree, a record is on its
 * way or flaps: a later look decides.
 */

#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/time.h"
#include "engine/internal.h"
#include "engine/keeper.h"
#include "engine/notice.h"
#include "store/domains.h"
#include "store/notes.h"
#include "store/summary.h"

#define LOOK_AGAIN_S	900
#define LOOKS_MAX	8	/* after that, the day's turn */
#define SILENT_S	(86400 + 60)
#define STANDING_MAX	512
#define SERVER		"server"

static const struct store_scope all = { .all = true };

struct seen {				/* one target */
	const struct look	*look;
	const struct json	*first, *second;
	struct standing		*list;
	size_t			 count;
	bool			 known;	/* something of it was kept before */
};

struct collecting {
	struct arena	*arena;
	struct seen	*seen;
	size_t		 count;
	bool		 second;
};

static void
collect(void *ctx, const struct json *report)
{
	struct collecting *c = ctx;
	const struct json *target = json_get(report, "target");
	const char *name = strcmp(json_str(target, "kind"), SERVER) == 0 ? SERVER : json_str(target, "ascii");

	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->seen[i].look->name, name) == 0)
			*(c->second ? &c->seen[i].second : &c->seen[i].first) = json_copy(c->arena, report);
}

static bool
is_server(const struct look *look)
{
	return strcmp(look->name, SERVER) == 0;
}

static void
look_at(struct engine *e, struct collecting *c, const char *const *names, size_t count,
    const struct check_options *options)
{
	struct err err;

	if (count > 0 && !(strcmp(names[0], SERVER) == 0 ?
	    engine_check_server(e, NULL, options, collect, c, &err) :
	    engine_check(e, NULL, names, count, NULL, options, collect, c, &err)))
		log_line(LOG_WARNING, "engine", "%s was not checked: %s", names[0], err.text);
}

/* --- what stands, and what may have changed ------------------------------------------------------------ */

static bool
holds(const struct seen *seen, const char *finding, const char *subject)
{
	for (size_t i = 0; i < seen->count; i++)
		if (strcmp(seen->list[i].finding, finding) == 0 && strcmp(seen->list[i].subject, subject) == 0)
			return true;
	return false;
}

/* What the store remembers, and what the report has beside it. */
static bool
recall(struct engine *e, struct arena *a, struct seen *seen)
{
	const struct standing *kept;
	struct err err;

	seen->list = arena_array(a, STANDING_MAX, sizeof(*seen->list));
	if (!store_standing(e->setup.store, a, seen->look->name, &kept, &seen->count, &seen->known, &err)) {
		log_line(LOG_WARNING, "engine", "what stood is not known: %s", err.text);
		return false;
	}
	memcpy(seen->list, kept, seen->count * sizeof(*kept));
	for (const struct json *f = json_first(json_get(seen->first, "findings")); f != NULL; f = json_next(f)) {
		const char *subject = json_str(f, "subject") == NULL ? "" : json_str(f, "subject");

		if (summary_badness(f) > 0 && seen->count < STANDING_MAX &&
		    !holds(seen, json_str(f, "id"), subject))
			seen->list[seen->count++] = (struct standing){ .finding = json_str(f, "id"),
			    .subject = subject };
	}
	return true;
}

static bool
is_doubtful(const struct seen *seen)
{
	int weight;

	for (size_t i = 0; seen->known && i < seen->count; i++)
		if (!looks_agree(&seen->list[i], seen->first, NULL, &weight))
			return true;
	return false;
}

/* A report with a problem was made at the domain's own servers, whatever it began with. */
static bool
was_deep(const struct seen *seen, bool deep)
{
	return deep || json_int(json_get(seen->first, "summary"), "problem", 0) > 0;
}

static void
look_again(struct engine *e, struct collecting *c, bool deep)
{
	const char **names = arena_array(c->arena, c->count + 1, sizeof(*names));

	c->second = true;
	for (int to_servers = 0; to_servers < 2; to_servers++) {
		struct check_options options = { .fresh = true, .shallow = !to_servers,
		    .depth = to_servers ? TRUTH_AUTHORITATIVE : TRUTH_RESOLVER };
		size_t n = 0;

		for (size_t i = 0; i < c->count; i++)
			if (c->seen[i].first != NULL && was_deep(&c->seen[i], deep) == !to_servers &&
			    is_doubtful(&c->seen[i]))
				names[n++] = c->seen[i].look->name;
		look_at(e, c, names, n, &options);
	}
}

/* --- telling ------------------------------------------------------------------------------------------- */

static bool
is_acknowledged(const struct json *list, const char *finding)
{
	for (const struct json *v = json_first(list); v != NULL; v = json_next(v))
		if (strcmp(json_str(v, "finding"), finding) == 0)
			return true;
	return false;
}

/* Silent name servers become a warning when their day is over, not at the domain's next turn. */
static void
mind_the_silent(struct engine *e, const struct seen *seen, int64_t now)
{
	for (const struct json *f = json_first(json_get(seen->first, "findings")); f != NULL; f = json_next(f)) {
		int64_t since;
		struct err err;

		if (strcmp(json_str(f, "id"), "dns.servers_silent") == 0 && summary_badness(f) == 0 &&
		    time_parse(text_of(json_str(json_get(f, "data"), "since")), &since) &&
		    !store_look_again(e->setup.store, seen->look->name, now, since + SILENT_S, 1, &err))
			log_line(LOG_WARNING, "engine", "%s is not looked at again: %s", seen->look->name, err.text);
	}
}

/* Whom it concerns: the owner at once, unless he does not want it; a reseller once a day. */
static void
address_notice(struct engine *e, struct arena *a, const char *target, struct notice *n)
{
	struct domain_row row = { 0 };
	struct err err;

	if (strcmp(target, SERVER) == 0 || !store_domain_get(e->setup.store, a, &all, target, &row, &err))
		return;
	n->reseller = row.reseller;
	n->login = row.owner;
	if (n->login != NULL && ((n->reseller != NULL && strcmp(n->login, n->reseller) == 0) ||
	    store_notices_are_off(e->setup.store, n->login)))
		n->login = "";
}

static void
settle(struct engine *e, struct arena *a, struct seen *seen, int64_t now)
{
	const char *target = seen->look->name;
	struct notice *notices = arena_array(a, seen->count + 1, sizeof(*notices)), whom = { .target = target };
	const struct json *accepted;
	bool again = false;
	size_t n = 0, i;
	struct err err;

	accepted = store_acknowledged(e->setup.store, a, &all, target, now, &err);
	address_notice(e, a, target, &whom);
	for (i = 0; i < seen->count; i++) {
		struct standing *s = &seen->list[i];
		enum notice_kind kind;
		int weight;

		if (!seen->known) {		/* the first look at all is no change */
			*s = (struct standing){ s->finding, s->subject,
			    report_weight(seen->first, s->finding, s->subject), now, 0, 0 };
			s->told = s->weight;
			continue;
		}
		if (!looks_agree(s, seen->first, seen->second, &weight)) {
			again = true;
			continue;
		}
		kind = standing_note(s, weight, now);
		if (kind == NOTICE_NONE || e->setup.notices_off || is_acknowledged(accepted, s->finding))
			continue;
		notices[n] = whom;
		notices[n].kind = notice_word(kind);
		notices[n].finding = s->finding;
		notices[n++].subject = s->subject;
	}
	/* One that was never confirmed is no finding of which anything is known. */
	for (i = 0; i < seen->count; i++)
		if (seen->list[i].since == 0)
			seen->list[i--] = seen->list[--seen->count];
	if (!store_standing_put(e->setup.store, target, seen->list, seen->count, notices, n, now, &err) ||
	    (again && seen->look->tries < LOOKS_MAX && !store_look_again(e->setup.store, target, now,
	    now + LOOK_AGAIN_S, seen->look->tries + 1, &err)))
		log_line(LOG_WARNING, "engine", "what stands is not kept: %s", err.text);
	mind_the_silent(e, seen, now);
}

void
keeper_look(struct engine *e, const struct look *looks, size_t count, bool deep, int64_t now)
{
	struct check_options options = { .depth = deep ? TRUTH_AUTHORITATIVE : TRUTH_RESOLVER, .keep = true,
	    .fresh = deep && !(count > 0 && is_server(&looks[0])) };
	struct arena *a = arena_new();
	struct collecting c = { .arena = a, .seen = arena_array(a, count + 1, sizeof(*c.seen)), .count = count };
	const char **names = arena_array(a, count + 1, sizeof(*names));
	size_t i;

	for (i = 0; i < count; i++) {
		c.seen[i] = (struct seen){ .look = &looks[i] };
		names[i] = looks[i].name;
	}
	look_at(e, &c, names, count, &options);
	for (i = 0; i < count; i++)
		if (c.seen[i].first != NULL && !recall(e, a, &c.seen[i]))
			c.seen[i].first = NULL;
	if (!engine_ending(e))
		look_again(e, &c, deep);
	for (i = 0; i < count; i++)
		if (c.seen[i].first != NULL)
			settle(e, a, &c.seen[i], now);
	arena_free(a);
}
