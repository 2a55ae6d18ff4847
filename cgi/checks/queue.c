/*
 * What waits in the mail queue, and what it says about who sends: a script, a
 * mailbox whose password was stolen, bounces to strangers, a newsletter.
 */

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"
#include "base/time.h"
#include "checks/all.h"
#include "checks/whose.h"
#include "mail/queue_groups.h"

static const struct finding_row rows[] = {
	{ "queue.backlog", VERDICT_WARNING, SEVERITY_MEDIUM, OWNER_PROVIDER, { NULL } },
	{ "queue.rejected_for_reputation", VERDICT_PROBLEM, SEVERITY_CRITICAL, OWNER_PROVIDER, { NULL } },
	{ "queue.script_spam", VERDICT_PROBLEM, SEVERITY_CRITICAL, OWNER_CUSTOMER,
	    { "queue.hold", "script.stop" }, .culprit = true },
	{ "queue.stolen_mailbox", VERDICT_PROBLEM, SEVERITY_CRITICAL, OWNER_CUSTOMER,
	    { "mailbox.password", "mailbox.block", "queue.hold" }, .culprit = true },
	{ "queue.backscatter", VERDICT_WARNING, SEVERITY_HIGH, OWNER_CUSTOMER,
	    { "catchall.reject", "queue.delete_bounces" }, .culprit = true },
	{ "queue.newsletter", VERDICT_WARNING, SEVERITY_HIGH, OWNER_CUSTOMER, { NULL }, .culprit = true },
};

#define OLD_S		(24 * 3600)
#define DAY_S		(24 * 3600)
#define PROVIDER_DAY	5000	/* what Gmail and Yahoo call a bulk sender */
#define HOUR_S		3600
#define NETWORKS_MIN	8	/* of one login within the hour: home, work and phone are three */
#define SAMPLE		5
#define PROVIDERS_MAX	20
#define CODES_MAX	6

struct asked {
	struct run			*run;
	const struct json		*queue, *messages;
	const struct queue_groups	*groups;
	struct queue_reader		*reader;
	const struct whose		*whose;
	int64_t				 total;
	bool				 large;
	size_t				 many;		/* the configured backlog: so many are a crowd */
};

static double
share(size_t part, size_t whole)
{
	return whole == 0 ? 0 : round(10000.0 * (double)part / (double)whole) / 10000;
}

/* --- what is shown of messages ------------------------------------------------------------------------ */

static void
put_message(struct json *list, const struct json *message)
{
	static const char *const keys[] = { "id", "state", "arrived_at", "sender", "script", "account",
	    "x_mailer" };
	const struct json *first = json_first(json_get(message, "recipients"));
	struct json *one = json_add_object(list);

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!json_is_null(json_get(message, keys[i])))
			json_put_copy(one, keys[i], json_get(message, keys[i]));
	json_put_int(one, "recipients", (int64_t)json_count(json_get(message, "recipients")));
	if (first != NULL)
		json_put_copy(one, "recipient", first);
}

/* A few of the group's messages as evidence. */
static void
show_sample(const struct asked *q, struct finding *f, enum queue_by by, const char *key)
{
	struct json *list = json_new_array(q->run->arena);

	for (const struct json *m = json_first(q->messages); m != NULL && json_count(list) < SAMPLE;
	    m = json_next(m))
		if (queue_is_in(q->reader, m, by, key))
			put_message(list, m);
	finding_panel(q->run, f, "queue", list);
}

/* "data" of the contract for a group, and its values for the texts. */
static void
put_group(const struct asked *q, struct finding *f, enum queue_by by, const char *key, size_t count, size_t of)
{
	const char *group = arena_printf(q->run->arena, "%s:%s", queue_by_word(by), key);

	json_put_str(f->data, "group", group);
	json_put_int(f->data, "count", (int64_t)count);
	json_put_double(f->data, "share", share(count, of));
	finding_value(f, "group", group);
	finding_value(f, "key", key);
	finding_value_int(q->run, f, "count", (int64_t)count);
	finding_value_int(q->run, f, "of", (int64_t)of);
	finding_value_int(q->run, f, "percent", (int64_t)floor(100 * share(count, of)));
	show_sample(q, f, by, key);
}

static void
put_domain(const struct asked *q, struct finding *f, const char *domain)
{
	json_put_str(f->data, "domain", domain);
	json_put_str(f->data, "owner", whose_owner(q->whose, domain));
	finding_value(f, "domain", domain == NULL ? "?" : domain);
	if (domain == NULL)
		finding_variant(q->run, f, "unknown_domain");
}

/* --- it fills --------------------------------------------------------------------------------------------- */

static void
report_backlog(const struct asked *q)
{
	int64_t deferred = json_int(q->queue, "deferred", 0), oldest = json_int(q->queue, "oldest_at", -1);
	int64_t age = oldest < 0 ? 0 : q->run->now - oldest;
	struct finding *f;
	struct json *seen;

	if (deferred <= q->run->rules->queue_backlog && (deferred == 0 || age <= OLD_S))
		return;
	f = report(q->run, "queue.backlog", NULL);
	finding_value_int(q->run, f, "count", deferred);
	finding_value_int(q->run, f, "hours", age / 3600);
	finding_value_int(q->run, f, "limit", q->run->rules->queue_backlog);
	if (deferred <= q->run->rules->queue_backlog)
		finding_variant(q->run, f, "old");
	seen = json_new_object(q->run->arena);
	json_put_int(seen, "total", q->total);
	json_put_int(seen, "deferred", deferred);
	json_put_str(seen, "oldest_at", oldest < 0 ? NULL : time_str(q->run->arena, oldest));
	finding_panel(q->run, f, "queue", seen);
}

/* --- providers that no longer want our mail ------------------------------------------------------------------ */

static const struct { const char *category, *check; } reputation[] = {
	{ "blocked_ip_reputation", "blacklist" },
	{ "blocked_domain_reputation", "domain_blacklist" },
	{ "content_spam", "blacklist" },
};

static const char *
check_of_reason(const char *category)
{
	for (size_t i = 0; i < sizeof(reputation) / sizeof(reputation[0]); i++)
		if (strcmp(reputation[i].category, category) == 0)
			return reputation[i].check;
	return NULL;
}

struct refusing {			/* one provider */
	const char	*provider, *domain;
	size_t		 count, last;
	bool		 address;	/* not only the content of some message */
	const char	*check, *category, *reason;
	struct { const char *code; size_t count; } codes[CODES_MAX];
};

static void
count_refusal(const struct asked *q, struct map *providers, const struct json *recipient, size_t number)
{
	const char *category = queue_reason(q->reader, recipient), *check = check_of_reason(category);
	const char *provider = queue_provider(q->reader, recipient), *code;
	struct refusing *r;
	size_t i;

	if (check == NULL || provider[0] == '\0')
		return;
	if ((r = map_get(providers, provider)) == NULL) {
		if (map_count(providers) >= PROVIDERS_MAX)
			return;
		r = arena_zalloc(q->run->arena, sizeof(*r));
		r->provider = provider;
		r->domain = provider;
		r->check = check;
		r->category = category;
		r->reason = json_str(recipient, "reason");
		map_put(providers, provider, r);
	}
	r->address = r->address || strcmp(category, "content_spam") != 0;
	r->count += r->last != number;
	r->last = number;
	code = queue_code(q->reader, recipient);
	for (i = 0; i < CODES_MAX && r->codes[i].code != NULL && strcmp(r->codes[i].code, code) != 0; i++)
		;
	if (i < CODES_MAX && code[0] != '\0') {
		r->codes[i].code = code;
		r->codes[i].count++;
	}
}

static void
report_refusal(const struct asked *q, const struct refusing *r)
{
	const struct provider *p = q->run->rules->data == NULL ? NULL :
	    data_provider(q->run->rules->data, r->provider);
	struct str list = str_in(q->run->arena, 200);
	struct json *codes;
	struct finding *f;

	f = report(q->run, "queue.rejected_for_reputation",
	    arena_printf(q->run->arena, "recipient_provider:%s", r->provider));
	put_group(q, f, QUEUE_BY_PROVIDER, r->provider, r->count, q->groups->messages);
	codes = json_put_array(f->data, "codes");
	for (size_t i = 0; i < CODES_MAX && r->codes[i].code != NULL; i++) {
		struct json *one = json_add_object(codes);

		json_put_str(one, "code", r->codes[i].code);
		json_put_int(one, "count", (int64_t)r->codes[i].count);
		str_addf(&list, "%s%s", list.n == 0 ? "" : ", ", r->codes[i].code);
	}
	json_put_str(f->data, "provider", p == NULL ? NULL : p->id);
	json_put_str(f->data, "reason", r->category);
	json_put_str(f->data, "check", r->check);
	finding_value(f, "provider", p == NULL ? r->provider : p->name);
	finding_value(f, "codes", list.n == 0 ? "-" : list.p);
	finding_value(f, "answer", r->reason);
	if (!r->address)
		finding_severity(f, SEVERITY_HIGH);	/* what they say is about a message, not about us */
}

static void
report_refusals(const struct asked *q)
{
	struct map *providers = map_new(q->run->arena);
	size_t number = 0;

	for (const struct json *m = json_first(q->messages); m != NULL; m = json_next(m)) {
		number++;
		for (const struct json *v = json_first(json_get(m, "recipients")); v != NULL; v = json_next(v))
			if (json_str(v, "reason") != NULL)
				count_refusal(q, providers, v, number);
	}
	for (size_t i = 0; i < map_count(providers); i++)
		report_refusal(q, map_at(providers, i, NULL));
}

/* --- one script, one mailbox -------------------------------------------------------------------------------- */

/* Most of it has a way to unsubscribe: bulk mail of somebody who minds. */
static bool
is_orderly(const struct queue_group *g)
{
	return g->headers > 0 && g->unsubscribe * 5 >= g->headers * 4;
}

/* "33:x.php" names no place, and `from` can be forged: nine of ten must say the same. */
static const char *
domain_of_senders(const struct asked *q, const struct queue_group *g)
{
	return g->sender_domain != NULL && g->sender_count * 10 >= g->count * 9 ?
	    whose_domain(q->whose, g->sender_domain) : NULL;
}

static void
report_script(const struct asked *q, const struct queue_group *g)
{
	const char *home = json_str(g->sample, "home"), *domain = whose_script(q->whose, g->key);
	struct finding *f;

	if (domain == NULL)
		domain = whose_path(q->whose, home);
	if (domain == NULL)		/* a user that all sites share */
		domain = domain_of_senders(q, g);
	f = report(q->run, "queue.script_spam", arena_printf(q->run->arena, "script:%s", g->key));
	put_group(q, f, g->by, g->key, g->count, g->of);
	json_put_str(f->data, "script", g->key);
	json_put_str(f->data, "user", json_str(g->sample, "user"));
	json_put_str(f->data, "site", whose_site(q->whose, g->key));
	put_domain(q, f, domain);
}

static void
report_account(const struct asked *q, const struct queue_group *g)
{
	const char *subject = arena_printf(q->run->arena, "account:%s", g->key);
	struct finding *f = NULL;

	for (size_t i = 0; i < q->run->finding_count; i++)	/* the log has told of it */
		if (strcmp(q->run->findings[i].subject, subject) == 0)
			f = &q->run->findings[i];
	if (f == NULL)
		f = report(q->run, "queue.stolen_mailbox", subject);
	f->text_id = f->id;
	put_group(q, f, g->by, g->key, g->count, g->of);
	json_put_str(f->data, "account", g->key);
	put_domain(q, f, whose_account(q->whose, g->key));
}

/* true = it was told. */
static bool
report_sender_of_most(const struct asked *q, enum queue_by by)
{
	for (size_t i = 0; q->large && i < q->groups->count; i++) {
		const struct queue_group *g = &q->groups->v[i];

		if (g->by != by || g->count * 2 <= g->of || is_orderly(g))
			continue;
		if (by == QUEUE_BY_SCRIPT)
			report_script(q, g);
		else
			report_account(q, g);
		return true;
	}
	return false;
}

/* --- a login from everywhere ------------------------------------------------------------------------------- */

static void
report_network(const struct asked *q, const struct json *v)
{
	const char *account = json_str(v, "account"), *subject = arena_printf(q->run->arena, "account:%s", account);
	int64_t networks = json_int(v, "networks", 0);
	struct finding *f = report(q->run, "queue.stolen_mailbox", subject);

	put_domain(q, f, whose_account(q->whose, account));
	finding_variant(q->run, f, "networks");
	json_put_str(f->data, "group", subject);
	json_put_str(f->data, "account", account);
	json_put_int(f->data, "networks", networks);
	finding_value(f, "group", subject);
	finding_value(f, "key", account);
	finding_value_int(q->run, f, "networks", networks);
	finding_value_int(q->run, f, "messages", json_int(v, "messages", 0));
	finding_value(f, "at", time_str(q->run->arena, json_int(v, "networks_at", 0) - HOUR_S));
	finding_panel(q->run, f, "mail_traffic", v);
}

/* Two look at the log: of one account the hour with more networks counts. */
static void
take_accounts(const struct asked *q, struct map *accounts, const struct json *list)
{
	for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
		const char *account = json_str(v, "account");
		union { const struct json *in; void *out; } keep = { v };

		if (account == NULL || json_int(v, "networks", 0) < NETWORKS_MIN ||
		    json_int(v, "networks_at", 0) < q->run->now - DAY_S)
			continue;
		if (json_int(map_get(accounts, account), "networks", 0) < json_int(v, "networks", 0))
			map_put(accounts, account, keep.out);
	}
}

/* The log of the last day, its end and what was counted of all of it; one that cannot be read says nothing.
 * false = on its way. */
static bool
report_networks(const struct asked *q)
{
	const struct ev_failure *why, *why_use;
	const struct json *traffic = ev_fact_any(q->run->ev, "mail_traffic", NULL, &why);
	const struct json *use = ev_fact_any(q->run->ev, "mail_use", NULL, &why_use);
	struct map *accounts = map_new(q->run->arena);

	if ((traffic == NULL && why == NULL) || (use == NULL && why_use == NULL))
		return false;
	take_accounts(q, accounts, json_get(traffic, "accounts"));
	take_accounts(q, accounts, json_get(use, "accounts"));
	for (size_t i = 0; i < map_count(accounts); i++)
		report_network(q, map_at(accounts, i, NULL));
	return true;
}

/* --- bounces to strangers ------------------------------------------------------------------------------------ */

static bool
is_bounce_away(const struct asked *q, const struct json *message)
{
	const char *sender = json_str(message, "sender");
	const struct json *first = json_first(json_get(message, "recipients"));

	return sender != NULL && sender[0] == '\0' && first != NULL &&
	    whose_address(q->whose, json_str(first, "address")) == NULL;
}

/* Only one domain takes mail for any address: it is where the bounces come from.  false = cannot go on. */
static bool
only_catch_all(const struct asked *q, const char **ret)
{
	const struct ev_failure *why;
	const struct json *all = ev_fact_any(q->run->ev, "domain_mail_all", NULL, &why), *d;
	size_t count = 0;

	*ret = NULL;
	if (all == NULL)
		return why != NULL;
	for (d = json_first(all); d != NULL; d = json_next(d)) {
		const char *kind = json_str(json_get(d, "catch_all"), "kind");

		if (kind != NULL && (strcmp(kind, "bounce") == 0 || strcmp(kind, "forward") == 0) &&
		    json_tristate(d, "service") != 0) {
			*ret = json_key(d);
			count++;
		}
	}
	if (count != 1)
		*ret = NULL;
	return true;
}

/* false = cannot go on. */
static bool
report_backscatter(const struct asked *q)
{
	const char *domain;
	struct finding *f;
	size_t count = 0;

	for (const struct json *m = json_first(q->messages); m != NULL; m = json_next(m))
		count += is_bounce_away(q, m);
	/* A handful of bounces is daily life. */
	if (count * 5 < q->many || count * 2 <= q->groups->messages)
		return true;
	if (!only_catch_all(q, &domain))
		return false;
	f = report(q->run, "queue.backscatter", domain);
	put_group(q, f, QUEUE_BY_SENDER, "", count, q->groups->messages);
	put_domain(q, f, domain);
	return true;
}

/* --- newsletters ------------------------------------------------------------------------------------------------ */

struct bulk {				/* what one sender has in the queue */
	const char	*sender;
	size_t		 count, headers, unsubscribe, one_click;
	struct map	*today;		/* provider -> struct tally */
};

struct tally { size_t n; };

/* "news+anna=gmail.com@cust.example": one sender with an address for each recipient. */
static const char *
sender_of_all(struct arena *a, const char *sender)
{
	const char *plus = strchr(sender, '+'), *at = strrchr(sender, '@');

	if (plus == NULL || at == NULL || plus > at)
		return sender;
	return arena_printf(a, "%.*s%s", (int)(plus - sender), sender, at);
}

static void
count_today(const struct asked *q, struct bulk *b, const struct json *message)
{
	const struct json *first = json_first(json_get(message, "recipients"));
	int64_t at = json_int(message, "arrived_at", -1);
	struct tally *t;
	const char *provider;

	if (first == NULL || at < q->run->now - DAY_S || q->run->rules->data == NULL)
		return;
	provider = queue_provider(q->reader, first);
	if ((t = map_get(b->today, provider)) == NULL) {
		if (map_count(b->today) >= PROVIDERS_MAX)
			return;
		t = arena_zalloc(q->run->arena, sizeof(*t));
		map_put(b->today, provider, t);
	}
	t->n++;
}

static struct map *
count_bulk(const struct asked *q)
{
	struct map *senders = map_new(q->run->arena);

	for (const struct json *m = json_first(q->messages); m != NULL; m = json_next(m)) {
		const char *sender = json_str(m, "sender");
		struct bulk *b;

		if (sender == NULL || sender[0] == '\0')
			continue;
		sender = sender_of_all(q->run->arena, sender);
		if ((b = map_get(senders, sender)) == NULL) {
			if (map_count(senders) >= QUEUE_GROUPS_MAX)
				continue;
			b = arena_zalloc(q->run->arena, sizeof(*b));
			b->sender = sender;
			b->today = map_new(q->run->arena);
			map_put(senders, sender, b);
		}
		b->count++;
		b->headers += json_tristate(m, "list_unsubscribe") >= 0;
		b->unsubscribe += json_tristate(m, "list_unsubscribe") == 1;
		b->one_click += json_tristate(m, "list_unsubscribe_post") != 0;
		count_today(q, b, m);
	}
	return senders;
}

static const char *
provider_over(const struct bulk *b)
{
	for (size_t i = 0; i < map_count(b->today); i++) {
		const char *provider;
		const struct tally *t = map_at(b->today, i, &provider);

		if (t->n > PROVIDER_DAY)
			return provider;
	}
	return NULL;
}

static void
report_newsletters(const struct asked *q)
{
	struct map *senders = count_bulk(q);

	for (size_t i = 0; i < map_count(senders); i++) {
		const struct bulk *b = map_at(senders, i, NULL);
		const char *provider = provider_over(b), *domain;
		bool bare = b->headers > 0 && (b->unsubscribe * 2 < b->headers || b->one_click * 2 < b->headers);
		struct finding *f;

		if (b->count < q->many || (provider == NULL && !bare))
			continue;
		f = report(q->run, "queue.newsletter", arena_printf(q->run->arena, "sender:%s", b->sender));
		put_group(q, f, QUEUE_BY_SENDER, b->sender, b->count, q->groups->messages);
		domain = whose_address(q->whose, b->sender);
		put_domain(q, f, domain);
		json_put_double(f->data, "unsubscribe_share", share(b->unsubscribe, b->headers));
		finding_value(f, "provider", provider);
		if (!bare)
			finding_variant(q->run, f, "volume");
		else if (b->unsubscribe * 2 >= b->headers) {
			finding_variant(q->run, f, "one_click");	/* RFC 8058 is missing, not the way out */
			finding_severity(f, SEVERITY_MEDIUM);
		} else
			finding_variant(q->run, f, "no_unsubscribe");
	}
}

/* --- together --------------------------------------------------------------------------------------------------- */

static void
check(struct run *run)
{
	struct asked q = { .run = run };
	struct whose *whose;
	struct json *data;
	int64_t oldest;
	bool told;

	if (!ev_has_panel(run->ev)) {
		report_not_applicable(run, "no_panel");
		return;
	}
	q.queue = ev_fact(run->ev, "queue", NULL);
	if (!whose_open(run->ev, run->arena, &whose) || q.queue == NULL)
		return;
	q.messages = json_get(q.queue, "messages");
	q.whose = whose;
	q.groups = queue_group(run->arena, run->rules->data, q.messages);
	q.reader = queue_reader_new(run->arena, run->rules->data);
	q.total = json_int(q.queue, "total", (int64_t)q.groups->messages);
	q.many = run->rules->queue_backlog < 1 ? 1 : (size_t)run->rules->queue_backlog;
	q.large = q.total >= (int64_t)q.many;
	data = run_data(run);
	json_put_int(data, "total", q.total);
	json_put_int(data, "deferred", json_int(q.queue, "deferred", 0));
	oldest = json_int(q.queue, "oldest_at", -1);
	if (oldest >= 0)
		json_put_int(data, "oldest_s", run->now - oldest);
	if (!report_backscatter(&q) || !report_networks(&q)) {
		run->finding_count = 0;
		return;
	}
	report_backlog(&q);
	report_refusals(&q);
	told = report_sender_of_most(&q, QUEUE_BY_SCRIPT);
	told = report_sender_of_most(&q, QUEUE_BY_ACCOUNT) || told;
	if (!told)
		report_newsletters(&q);
}

const struct check check_queue = {
	"queue", SCOPE_SERVER, "mail-queue", rows, sizeof(rows) / sizeof(rows[0]), check, NULL,
};
