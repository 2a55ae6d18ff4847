#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/time.h"
#include "engine/internal.h"
#include "engine/traffic.h"
#include "evidence/mail_burst.h"
#include "evidence/mail_use.h"
#include "mail/maillog_hours.h"
#include "store/traffic.h"

#define DAY_S		86400
#define HOUR_S		3600
#define NETWORKS_SHOWN	100

static const char *const kinds[] = { "mailbox", "domain", "subscription", "user", "script" };

static bool
is_kind(const char *by)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(by, kinds[i]) == 0)
			return true;
	return false;
}

static void
put_time(struct json *into, const char *key, int64_t at)
{
	char buf[TIME_TEXT_MAX];

	if (at > 0)
		json_put_str(into, key, time_text(at, buf));
	else
		json_put_null(into, key);
}

static void
add_hour(void *ctx, int64_t hour, const struct traffic_count *c)
{
	struct json *one = json_add_object(ctx);

	put_time(one, "hour", hour);
	json_put_int(one, "messages", c->messages);
	json_put_int(one, "rejected", c->rejected);
	json_put_int(one, "limited", c->limited);
}

static void
add_row(void *ctx, const struct traffic_row *r)
{
	struct json *one = json_add_object(ctx);

	json_put_str(one, "by", r->name.who);
	json_put_str(one, "name", r->name.name);
	json_put_str(one, "domain", r->name.domain);
	json_put_str(one, "subscription", r->name.subscription);
	json_put_str(one, "owner", r->name.owner);
	json_put_int(one, "messages", r->count.messages);
	json_put_int(one, "rejected", r->count.rejected);
	json_put_int(one, "limited", r->count.limited);
	json_put_int(one, "hours", r->hours);
	json_put_int(one, "busiest", r->busiest);
	put_time(one, "busiest_at", r->busiest > 0 ? r->busiest_at : 0);
	json_put_int(one, "networks", r->networks);
	put_time(one, "last", r->last);
}

struct networks { struct arena *arena; struct json *list; };

static void
add_network(void *ctx, int64_t network, int64_t count, int64_t first, int64_t last)
{
	struct networks *n = ctx;
	struct json *one = json_add_object(n->list);

	json_put_str(one, "network", maillog_network_text(n->arena, network));
	json_put_int(one, "logins", count);
	put_time(one, "first", first);
	put_time(one, "last", last);
}

static void
add_total(void *ctx, int64_t hour, const struct traffic_count *c)
{
	struct traffic_count *sum = ctx;

	(void)hour;
	sum->messages += c->messages;
	sum->rejected += c->rejected;
	sum->limited += c->limited;
	sum->failed += c->failed;
}

/* All of it for an administrator; anybody else what his mailboxes and his programs sent. */
static bool
put_total(struct engine *e, struct json *answer, const struct store_scope *scope, int64_t since, struct err *err)
{
	static const char *const whole[] = { "server", NULL }, *const own[] = { "mailbox", "user", NULL };
	struct traffic_count sum = { 0 };
	struct json *total;

	for (const char *const *who = scope->all ? whole : own; *who != NULL; who++)
		if (!store_traffic_hours(e->setup.store, scope, *who, NULL, since, add_total, &sum, err))
			return false;
	total = json_put_object(answer, "total");
	json_put_int(total, "messages", sum.messages);
	json_put_int(total, "rejected", sum.rejected);
	json_put_int(total, "limited", sum.limited);
	if (scope->all)
		json_put_int(total, "failed_logins", sum.failed);
	else
		json_put_null(total, "failed_logins");
	return true;
}

static void
put_use(struct engine *e, struct arena *a, struct json *answer)
{
	struct fact *fact = traffic_fact(e, (int64_t)time(NULL));
	struct json *use = json_put_object(answer, "use");

	for (size_t i = 0; i < MAIL_USE_LEVELS; i++) {
		struct mail_use_level l;
		struct json *one;

		if (fact == NULL || !mail_use_level(fact->value, mail_use_levels[i], &l)) {
			json_put_null(use, mail_use_levels[i]);
			continue;
		}
		one = json_put_object(use, mail_use_levels[i]);
		json_put_int(one, "names", l.names);
		json_put_int(one, "hours", l.hours);
		json_put_int(one, "messages", l.messages);
		json_put_int(one, "busiest", l.busiest);
		json_put_str(one, "busiest_name", arena_strdup(a, l.busiest_name));
		put_time(one, "busiest_at", l.busiest_at);
		json_put_int(one, "p50", l.p50);
		json_put_int(one, "p95", l.p95);
		json_put_int(one, "p99", l.p99);
	}
	if (fact != NULL)
		arena_free(fact->arena);
}

/* --- one sender: does it look like abuse? ------------------------------------------------------------- */

#define NETWORKS_MIN	8	/* as the check of the queue has it */

static bool
read_burst(const struct json *hours, struct arena *a, struct mail_burst *ret)
{
	struct mail_hour *list = arena_array(a, json_count(hours) + 1, sizeof(*list));
	size_t count = 0;

	for (const struct json *v = json_first(hours); v != NULL; v = json_next(v)) {
		list[count].messages = json_int(v, "messages", 0);
		if (json_str(v, "hour") != NULL && time_parse(text_of(json_str(v, "hour")), &list[count].hour))
			count++;
	}
	return mail_burst_find(list, count, ret);
}

static void
put_signs(struct json *answer, struct arena *a)
{
	const struct json *one = json_first(json_get(answer, "senders"));
	struct json *signs = json_put_array(answer, "signs"), *into;
	struct mail_burst burst;

	json_put_null(answer, "burst");
	if (json_str(answer, "name") == NULL || one == NULL)
		return;
	if (read_burst(json_get(answer, "hours"), a, &burst)) {
		json_add_str(signs, "burst");
		into = json_put_object(answer, "burst");
		put_time(into, "since", burst.since);
		put_time(into, "until", burst.until);
		json_put_int(into, "messages", burst.messages);
	}
	if (json_int(one, "networks", 0) >= NETWORKS_MIN)
		json_add_str(signs, "networks");
	if (json_int(one, "limited", 0) > 0)
		json_add_str(signs, "limited");
}

struct json *
engine_who_sends(struct engine *e, struct arena *a, const struct rights *rights, const struct senders_query *q,
    struct err *err)
{
	const char *by = q->by == NULL ? "mailbox" : q->by;
	int64_t days = q->days <= 0 || q->days > TRAFFIC_DAYS ? TRAFFIC_DAYS : q->days;
	int64_t now = (int64_t)time(NULL), since = (now - days * DAY_S) / HOUR_S * HOUR_S + HOUR_S;
	struct traffic_position p;
	struct store_scope scope;
	struct networks networks;
	struct json *answer;

	if (!is_kind(by)) {
		err_set(err, ERR_VALUE, "%.100s: senders are counted by mailbox, domain, subscription, user or script", by);
		return NULL;
	}
	rights_scope(rights, a, &scope);
	if (!store_traffic_position(e->setup.store, a, &p, err))
		return NULL;
	answer = json_new_object(a);
	put_time(answer, "since", p.since > since ? p.since : p.since < 0 ? 0 : since);
	put_time(answer, "until", p.until);
	if (scope.all)
		json_put_int(answer, "lines", p.lines);
	else
		json_put_null(answer, "lines");
	put_time(answer, "lost_at", p.lost_at);
	json_put_int(answer, "days", days);
	json_put_str(answer, "by", by);
	json_put_str(answer, "name", q->name);
	networks = (struct networks){ a, json_put_array(answer, "networks") };
	if (!put_total(e, answer, &scope, since, err) ||
	    !store_traffic_hours(e->setup.store, &scope, by, q->name, since, add_hour, json_put_array(answer, "hours"), err) ||
	    !store_traffic_rows(e->setup.store, &scope, by, q->name, since, false, SENDERS_SHOWN, add_row,
	    json_put_array(answer, "senders"), err) ||
	    !store_traffic_networks(e->setup.store, &scope, q->name != NULL && strcmp(by, "mailbox") == 0 ? q->name : "", since,
	    NETWORKS_SHOWN, add_network, &networks, err))
		return NULL;
	put_signs(answer, a);
	if (scope.all)
		put_use(e, a, answer);
	else
		json_put_null(answer, "use");
	return answer;
}
