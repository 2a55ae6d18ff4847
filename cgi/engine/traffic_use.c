/* What limits are measured by: made of the counts when they have changed, kept as the fact mail_use. */

#include <string.h>

#include "base/arena.h"
#include "engine/internal.h"
#include "engine/traffic.h"
#include "evidence/mail_use.h"
#include "store/settings.h"
#include "store/traffic.h"

#define DAY_S		86400
#define USE_KEY		"mail.use"
#define USE_OLD_S	(2 * DAY_S)
#define USE_AGAIN_S	3600
#define LIMITED_SHOWN	500

struct limited_list { struct json *list; bool account; };

static void
put_limited(void *ctx, const struct traffic_row *row)
{
	struct limited_list *l = ctx;
	struct json *one = json_add_object(l->list);

	json_put_str(one, "who", row->name.name);
	json_put_bool(one, "account", l->account);
	json_put_int(one, "count", row->count.limited);
	json_put_int(one, "at", row->last);
}

static void
put_many(void *ctx, const char *mailbox, int64_t hour, int64_t networks, int64_t messages)
{
	struct json *one = json_add_object(ctx);

	json_put_str(one, "account", mailbox);
	json_put_int(one, "messages", messages);
	json_put_int(one, "networks", networks);
	json_put_int(one, "networks_at", hour + 3600);		/* its end, as in mail_traffic */
}

static bool
put_level(struct engine *e, struct arena *a, struct json *levels, const char *level, int64_t since, struct err *err)
{
	struct traffic_use use;
	struct json *one, *list, *bar;

	if (!store_traffic_use(e->setup.store, a, level, since, &use, err))
		return false;
	one = json_put_object(levels, level);
	json_put_int(one, "names", use.names);
	list = json_put_array(one, "hours");
	for (size_t i = 0; i < use.bar_count; i++) {
		bar = json_add_array(list);
		json_add_int(bar, use.bars[i].messages);
		json_add_int(bar, use.bars[i].hours);
	}
	if (use.busiest == NULL) {
		json_put_null(one, "busiest");
		return true;
	}
	one = json_put_object(one, "busiest");
	json_put_str(one, "name", use.busiest);
	json_put_int(one, "at", use.busiest_at);
	return true;
}

struct fact *
traffic_fact(struct engine *e, int64_t now)
{
	struct arena *a;
	const char *text;
	struct json *use;
	struct fact *fact;
	struct err err;

	if (e->setup.store == NULL)
		return NULL;
	a = arena_new();
	text = store_get(e->setup.store, a, USE_KEY, &err);
	use = text == NULL ? NULL : json_parse(a, text_of(text), &err);
	if (use == NULL || json_int(use, "at", 0) < now - USE_OLD_S) {
		arena_free(a);
		return NULL;
	}
	fact = arena_zalloc(a, sizeof(*fact));
	fact->arena = a;
	fact->value = use;
	return fact;
}

/* Is what is kept as good as new?  The last 30 days move on, and a first reading goes on for a while. */
static bool
use_holds(struct engine *e, int64_t now, int64_t until)
{
	struct fact *fact = traffic_fact(e, now);
	bool holds = fact != NULL && json_int(fact->value, "at", 0) > now - USE_AGAIN_S &&
	    json_int(fact->value, "until", 0) > until - USE_AGAIN_S;

	if (fact != NULL)
		arena_free(fact->arena);
	return holds;
}

bool
traffic_use_keep(struct engine *e, int64_t now, bool changed, struct err *err)
{
	static const struct { const char *who; bool account; } cut[] = { { "mailbox", true }, { "domain", true },
	    { "sender", false } };
	const struct store_scope all = { .all = true };
	struct arena *a;
	struct json *use, *into;
	struct traffic_position p;
	int64_t since = now - TRAFFIC_DAYS * DAY_S;
	bool ok;

	/* The command line wants it as it is now; the keeper looks more often than it has to be so new. */
	a = arena_new();
	ok = store_traffic_position(e->setup.store, a, &p, err);
	if (ok && (!changed || e->threaded) && use_holds(e, now, p.until)) {
		arena_free(a);
		return true;
	}
	use = json_new_object(a);
	json_put_int(use, "since", p.since > since ? p.since : since);
	json_put_int(use, "until", p.until);
	json_put_int(use, "at", now);
	json_put_bool(use, "lost", p.lost_at > since);
	json_put_bool(use, "more", p.more);
	into = json_put_object(use, "levels");
	for (size_t i = 0; ok && i < MAIL_USE_LEVELS; i++)
		ok = put_level(e, a, into, mail_use_levels[i], since, err);
	into = json_put_array(use, "limited");
	for (size_t i = 0; ok && i < sizeof(cut) / sizeof(cut[0]); i++) {
		struct limited_list l = { into, cut[i].account };

		ok = store_traffic_rows(e->setup.store, &all, cut[i].who, NULL, now - DAY_S, true, LIMITED_SHOWN, put_limited,
		    &l, err);
	}
	ok = ok && store_traffic_many(e->setup.store, now - DAY_S, MAIL_USE_NETWORKS_MIN, LIMITED_SHOWN, put_many,
	    json_put_array(use, "accounts"), err) && store_set(e->setup.store, USE_KEY, json_print(a, use), now, err);
	arena_free(a);
	return ok;
}
