/* Volume of forwarding: what the mail log counted, put together by domain and by address. */

#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/time.h"
#include "engine/internal.h"
#include "engine/traffic.h"
#include "mail/data.h"
#include "mail/maillog_hours.h"
#include "store/traffic.h"

#define DAY_S		86400
#define SHOWN_MAX	500

struct forwarded {
	struct engine	*engine;
	struct arena	*arena;
	struct json	*forwards;
	struct map	*domains;	/* name -> struct volume */
};

struct volume { int64_t received, forwarded; };

static struct volume *
volume_of(struct forwarded *f, const char *domain)
{
	struct volume *v = map_get(f->domains, domain);

	if (v == NULL) {
		v = arena_zalloc(f->arena, sizeof(*v));
		map_put(f->domains, arena_strdup(f->arena, domain), v);
	}
	return v;
}

static void
add_received(void *ctx, const struct traffic_row *r)
{
	volume_of(ctx, r->name.name)->received += r->count.messages;
}

static void
add_forward(void *ctx, const struct traffic_row *r)
{
	struct forwarded *f = ctx;
	const char *to = strrchr(r->name.name, ' ');
	const struct provider *p;
	struct json *one;

	if (to == NULL)
		return;
	p = data_provider_by_domain(f->engine->setup.rules->data, to + 1);
	one = json_add_object(f->forwards);
	json_put_str(one, "address", arena_strndup(f->arena, r->name.name, (size_t)(to - r->name.name)));
	json_put_str(one, "to", to + 1);
	json_put_str(one, "provider", p == NULL ? NULL : p->id);
	json_put_str(one, "domain", r->name.domain);
	json_put_int(one, "messages", r->count.messages);
	json_put_int(one, "rejected", r->count.rejected);
	json_put_str(one, "last", time_str(f->arena, r->last));
	if (r->name.domain != NULL)
		volume_of(f, r->name.domain)->forwarded += r->count.messages;
}

static void
put_time(struct json *into, struct arena *a, const char *key, int64_t at)
{
	json_put_str(into, key, at > 0 ? time_str(a, at) : NULL);
}

struct json *
engine_forwarded(struct engine *e, struct arena *a, const struct rights *rights, struct err *err)
{
	int64_t since = (int64_t)time(NULL) - TRAFFIC_DAYS * DAY_S;
	struct json *answer = json_new_object(a), *list = json_put_array(answer, "domains");
	struct forwarded f = { e, a, json_put_array(answer, "forwards"), map_new(a) };
	struct traffic_position p;
	struct store_scope scope;

	rights_scope(rights, a, &scope);
	if (!store_traffic_position(e->setup.store, a, &p, err) ||
	    !store_traffic_rows(e->setup.store, &scope, maillog_who_word(MAILLOG_FORWARD), NULL, since, false, SHOWN_MAX,
	    add_forward, &f, err) ||
	    !store_traffic_rows(e->setup.store, &scope, maillog_who_word(MAILLOG_RECEIVED), NULL, since, false, SHOWN_MAX,
	    add_received, &f, err))
		return NULL;
	put_time(answer, a, "since", p.since > since ? p.since : p.since < 0 ? 0 : since);
	put_time(answer, a, "until", p.until);
	put_time(answer, a, "lost_at", p.lost_at);
	json_put_int(answer, "days", TRAFFIC_DAYS);
	/* Of those that send nothing on there is nothing to tell. */
	for (size_t i = 0; i < map_count(f.domains); i++) {
		const char *domain;
		const struct volume *v = map_at(f.domains, i, &domain);
		struct json *one;

		if (v->forwarded == 0)
			continue;
		one = json_add_object(list);
		json_put_str(one, "domain", domain);
		json_put_int(one, "received", v->received);
		json_put_int(one, "forwarded", v->forwarded);
		if (v->received > 0)
			json_put_int(one, "share", v->forwarded >= v->received ? 100 : v->forwarded * 100 / v->received);
		else
			json_put_null(one, "share");
	}
	return answer;
}
