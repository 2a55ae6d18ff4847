#include "engine/queue.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/time.h"
#include "checks/whose.h"
#include "engine/internal.h"
#include "evidence/queue.h"
#include "mail/queue_groups.h"

struct queue_question {
	const struct rules	*rules;
	const struct rights	*rights;
	struct arena		*arena;
	const char		*id;		/* show: this one, with its headers */
	/* result */
	struct json		*queue;		/* the fact, only what may be seen */
	struct whose		*whose;
	const struct json	*headers;
	int64_t			 now;
	const char		*reason, *detail;	/* why there is none */
};

static bool
may_see(const struct queue_question *q, const char *domain)
{
	return rights_admin(q->rights) || (domain != NULL && rights_domain(q->rights, domain));
}

static void
count_state(struct json *queue, const struct json *message)
{
	static const char *const states[] = { "active", "deferred", "hold" };
	const char *state = json_str(message, "state");
	int64_t at = json_int(message, "arrived_at", -1), oldest = json_int(queue, "oldest_at", -1);

	for (size_t i = 0; i < 3; i++)
		if (state != NULL && strcmp(state, states[i]) == 0)
			json_put_int(queue, states[i], json_int(queue, states[i], 0) + 1);
	if (state != NULL && strcmp(state, "deferred") == 0 && at >= 0 && (oldest < 0 || at < oldest))
		json_put_int(queue, "oldest_at", at);
	json_put_int(queue, "total", json_int(queue, "total", 0) + 1);
	if (json_tristate(message, "list_unsubscribe") >= 0)
		json_put_int(queue, "read", json_int(queue, "read", 0) + 1);
}

static const char *const counts[] = { "total", "active", "deferred", "hold", "read" };

/* The whole for an administrator; of others' messages not even the number for anybody else. */
static void
take_queue(struct queue_question *q, const struct json *fact)
{
	bool all = rights_admin(q->rights);
	struct json *list;

	q->queue = json_new_object(q->arena);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		json_put_int(q->queue, counts[i], all ? json_int(fact, counts[i], 0) : 0);
	if (all && json_int(fact, "oldest_at", -1) >= 0)
		json_put_int(q->queue, "oldest_at", json_int(fact, "oldest_at", 0));
	list = json_put_array(q->queue, "messages");
	for (const struct json *m = json_first(json_get(fact, "messages")); m != NULL; m = json_next(m)) {
		const char *domain = whose_message(q->whose, m);
		struct json *one;

		if (!may_see(q, domain))
			continue;
		one = json_add_object(list);
		for (const struct json *v = json_first(m); v != NULL; v = json_next(v))
			json_put_copy(one, json_key(v), v);
		json_put_str(one, "domain", domain);
		json_put_str(one, "owner", whose_owner(q->whose, domain));
		if (!all)
			count_state(q->queue, m);
	}
}

static const struct json *
find_message(const struct json *queue, const char *id)
{
	const struct json *m;

	for (m = json_first(json_get(queue, "messages")); m != NULL; m = json_next(m))
		if (json_str(m, "id") != NULL && strcmp(json_str(m, "id"), id) == 0)
			return m;
	return NULL;
}

/* false = on its way. */
static bool
queue_question(void *ctx, struct evidence *ev, struct arena *a)
{
	struct queue_question *q = ctx;
	const struct ev_failure *why = NULL;
	const struct json *fact;

	(void)a;
	if (!ev_has_panel(ev)) {
		q->reason = "unsupported";
		return true;
	}
	fact = ev_fact_any(ev, "queue", NULL, &why);
	if (!whose_open(ev, q->arena, &q->whose) || (fact == NULL && why == NULL))
		return false;
	if (fact == NULL) {
		q->reason = arena_strdup(q->arena, why->reason);
		q->detail = arena_strdup(q->arena, why->detail);
		return true;
	}
	q->now = evidence_now(ev);
	take_queue(q, fact);
	if (q->id != NULL && find_message(q->queue, q->id) != NULL)
		return queue_headers(ev, q->arena, q->id, &q->headers);
	return true;
}

static bool
ask(struct engine *e, struct queue_question *q, struct err *err)
{
	q->rules = e->setup.rules;
	engine_ask(e, queue_question, q, 0);
	if (q->queue != NULL)
		return true;
	return err_set(err, ERR_UNREACHABLE, "the mail queue cannot be read here: %s",
	    q->detail != NULL ? q->detail : q->reason != NULL ? q->reason : "no answer in time");
}

/* --- the answers ------------------------------------------------------------------------------------------- */

/* Whose the group is, where its key says so. */
static const char *
domain_of_group(const struct queue_question *q, const struct queue_group *g)
{
	const char *domain;

	switch (g->by) {
	case QUEUE_BY_SCRIPT:
		domain = whose_script(q->whose, g->key);
		return domain != NULL ? domain : whose_path(q->whose, json_str(g->sample, "home"));
	case QUEUE_BY_ACCOUNT:
		return whose_account(q->whose, g->key);
	case QUEUE_BY_SENDER:
		return whose_address(q->whose, g->key);
	default:
		return NULL;
	}
}

static void
put_groups(struct json *answer, const struct queue_question *q)
{
	/* Of a very large queue only every so manieth message is known: the group is as much larger. */
	size_t rows = json_count(json_get(q->queue, "messages"));
	int64_t total = json_int(q->queue, "total", 0);
	double scale = rows > 0 && rights_admin(q->rights) && total > (int64_t)rows ? (double)total / (double)rows : 1;
	const struct queue_groups *groups = queue_group(q->arena, q->rules->data, json_get(q->queue, "messages"));
	struct json *list = json_put_array(answer, "groups");
	size_t shown[QUEUE_BYS] = { 0 };

	for (size_t i = 0; i < groups->count; i++) {
		const struct queue_group *g = &groups->v[i];
		const char *domain;
		struct json *one;

		if (shown[g->by]++ >= QUEUE_GROUPS_SHOWN)
			continue;
		domain = domain_of_group(q, g);
		one = json_add_object(list);
		json_put_str(one, "by", queue_by_word(g->by));
		json_put_str(one, "key", g->key);
		json_put_int(one, "count", llround(scale * (double)g->count));
		json_put_double(one, "share", g->of == 0 ? 0 :
		    round(10000.0 * (double)g->count / (double)g->of) / 10000);
		json_put_str(one, "owner", whose_owner(q->whose, domain));
		json_put_str(one, "domain", domain);
	}
}

struct json *
engine_queue_summary(struct engine *e, struct arena *a, const struct rights *rights, struct err *err)
{
	struct queue_question q = { .rights = rights, .arena = a };
	struct json *answer;
	int64_t oldest;

	if (!ask(e, &q, err))
		return NULL;
	answer = json_new_object(a);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		json_put_int(answer, counts[i], json_int(q.queue, counts[i], 0));
	oldest = json_int(q.queue, "oldest_at", -1);
	if (oldest >= 0)
		json_put_int(answer, "oldest_s", q.now > oldest ? q.now - oldest : 0);
	else
		json_put_null(answer, "oldest_s");
	put_groups(answer, &q);
	return answer;
}

static void
put_message(struct json *into, const struct json *m)
{
	static const char *const keys[] = { "id", "state", "arrived_at", "size", "sender", "recipients",
	    "script", "account", "x_mailer", "owner", "domain" };
	char at[TIME_TEXT_MAX];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct json *v = json_get(m, keys[i]);

		if (strcmp(keys[i], "arrived_at") == 0 && json_is_int(v))
			json_put_str(into, keys[i], time_text(json_value_int(v, 0), at));
		else if (v != NULL)
			json_put_copy(into, keys[i], v);
		else
			json_put_null(into, keys[i]);
	}
}

struct json *
engine_queue_list(struct engine *e, struct arena *a, const struct rights *rights, const char *group,
    struct err *err)
{
	struct queue_question q = { .rights = rights, .arena = a };
	struct queue_reader *reader = queue_reader_new(a, e->setup.rules->data);
	const char *key = NULL;
	enum queue_by by = QUEUE_BY_SCRIPT;
	struct json *answer, *list;

	if (group != NULL && !queue_group_parse(group, &by, &key)) {
		err_set(err, ERR_VALUE, "%.200s: no group of the queue", group);
		return NULL;
	}
	if (!ask(e, &q, err))
		return NULL;
	answer = json_new_object(a);
	list = json_put_array(answer, "messages");
	for (const struct json *m = json_first(json_get(q.queue, "messages")); m != NULL; m = json_next(m))
		if (key == NULL || queue_is_in(reader, m, by, key))
			put_message(json_add_object(list), m);
	return answer;
}

struct json *
engine_queue_show(struct engine *e, struct arena *a, const struct rights *rights, const char *id, struct err *err)
{
	struct queue_question q = { .rights = rights, .arena = a, .id = id };
	const struct json *m;
	struct json *answer;

	if (!ask(e, &q, err))
		return NULL;
	if ((m = find_message(q.queue, id)) == NULL) {
		err_set(err, ERR_NOT_FOUND, "%.100s: there is no such message in the queue", id);
		return NULL;
	}
	answer = json_new_object(a);
	put_message(answer, m);
	json_put_copy(answer, "headers", q.headers);
	return answer;
}
