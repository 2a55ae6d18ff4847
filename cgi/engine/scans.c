#include "engine/scans.h"

#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/time.h"
#include "engine/rights.h"
#include "engine/internal.h"
#include "store/scans.h"

#define FILES_MAX	3000000		/* of one scan */
#define TIME_MAX_S	86400
#define LOCK_MS		100

bool
engine_scan_ask(struct engine *e, const struct rights *rights, const char *domain, struct err *err)
{
	if (e->setup.store == NULL)
		return err_set(err, ERR_IO, "there is no store to keep a result in");
	if (!rights_domain(rights, domain))
		return err_set(err, ERR_NOT_FOUND, "%.100s: not found", domain);
	if (e->setup.panel == NULL || !e->setup.panel_params->local)
		return err_set(err, ERR_UNSUPPORTED, "the files are on another machine");
	return store_scan_ask(e->setup.store, domain, rights_identity(rights)->login, (int64_t)time(NULL), err);
}

/* --- where its files are ------------------------------------------------------------------------------ */

struct place {
	const char	*domain;
	struct arena	*arena;
	const char	*folder;	/* or */
	const char	*reason;
};

static bool
place_question(void *ctx, struct evidence *ev, struct arena *a)
{
	struct place *p = ctx;
	const struct ev_failure *why = NULL;
	const struct json *row = NULL;
	const char *root;

	(void)a;
	if (ev_fact_any(ev, "domains", NULL, &why) == NULL) {
		if (why != NULL)
			p->reason = arena_strdup(p->arena, why->reason);
		return why != NULL;
	}
	if (!ev_fact_member(ev, "domains", NULL, p->domain, &row))
		return false;
	root = json_str(row, "document_root");
	if (root != NULL)
		p->folder = arena_strdup(p->arena, root);
	else
		p->reason = row == NULL ? "not_found" : "no_folder";
	return true;
}

/* --- one part ------------------------------------------------------------------------------------------- */

struct part {
	struct arena		*arena;
	const struct scan_row	*row;
	struct place		 place;
	struct json		*work;
	int64_t			 now;
};

static void
begin_work(struct part *p)
{
	static const char *const counts[] = { "files", "bytes", "unread", "too_large", "infected_count" };

	if (p->row->work != NULL) {
		p->work = json_copy(p->arena, p->row->work);
		return;
	}
	p->work = json_new_object(p->arena);
	json_put_int(p->work, "started_at", p->now);
	json_put_str(p->work, "folder", p->place.folder);
	json_put_null(p->work, "cursor");
	json_put_bool(p->work, "whole", true);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		json_put_int(p->work, counts[i], 0);
	json_put_array(p->work, "infected");
}

static void
add_to(struct part *p, const char *key, int64_t n)
{
	json_put_int(p->work, key, json_int(p->work, key, 0) + n);
}

static void
take_file(struct part *p, const struct json *row)
{
	struct text said = text_of(json_str(row, "said"));
	struct json *list = json_edit(p->work, "infected"), *one;

	if (!text_ends(said, " FOUND"))		/* could not be scanned: counted already */
		return;
	add_to(p, "infected_count", 1);
	if (json_count(list) >= SCAN_INFECTED_MAX)
		return;
	one = json_add_object(list);
	json_put_str(one, "path", arena_printf(p->arena, "%s/%s", p->place.folder, json_str(row, "file")));
	json_put_text(one, "name", text_head(said, said.n - 6));
}

/* false = the answer has no end: nothing of it counts. */
static bool
take_answer(struct part *p, struct text out)
{
	const struct json *row, *end = NULL;
	struct text line, rest = out;
	struct err bad;

	while (text_line(&rest, &line))
		if ((row = json_parse(p->arena, line, &bad)) != NULL && json_get(row, "files") != NULL)
			end = row;
	if (end == NULL)
		return false;
	while (text_line(&out, &line))
		if ((row = json_parse(p->arena, line, &bad)) != NULL && json_str(row, "file") != NULL)
			take_file(p, row);
	add_to(p, "files", json_int(end, "files", 0));
	add_to(p, "bytes", json_int(end, "bytes", 0));
	add_to(p, "unread", json_int(end, "unread", 0));
	add_to(p, "too_large", json_int(end, "too_large", 0));
	if (!json_bool(end, "whole", false))
		json_put_bool(p->work, "whole", false);
	json_put_str(p->work, "cursor", json_str(end, "cursor"));
	return true;
}

/* What a scan that came to its end has to say; reason: it was cut, and says nothing. */
static const struct json *
result_of(struct part *p, const char *reason)
{
	struct json *r = p->work == NULL ? json_new_object(p->arena) : json_copy(p->arena, p->work);
	const char *state = "unknown";

	if (json_int(r, "infected_count", 0) > 0)
		state = "infected";		/* also of a part: what was found was found */
	else if (reason == NULL && json_int(r, "unread", 0) == 0 && json_int(r, "too_large", 0) == 0 &&
	    json_bool(r, "whole", false))
		state = "clean";
	else if (reason == NULL) {
		state = "incomplete";
		reason = json_int(r, "unread", 0) > 0 ? "unread" : json_int(r, "too_large", 0) > 0 ? "too_large" : "cut";
	}
	json_remove(r, "cursor");
	json_put_str(r, "state", state);
	json_put_str(r, "reason", reason);
	json_put_str(r, "by", p->row->login);
	json_put_int(r, "finished_at", p->now);
	return r;
}

static enum scan_step
end_scan(struct engine *e, struct part *p, const char *reason)
{
	struct err err;

	if (store_scan_end(e->setup.store, p->row->domain, result_of(p, reason), p->now, &err))
		return SCAN_ENDED;
	log_line(LOG_WARNING, "engine", "the scan of %s was not kept: %s", p->row->domain, err.text);
	return SCAN_NOTHING;
}

static enum scan_step
make_part(struct engine *e, struct part *p)
{
	struct request request = { .kind = REQUEST_VERB };
	const char *args[2];
	struct reply reply;
	struct err err;

	engine_ask(e, place_question, &p->place, 0);
	if (p->place.folder == NULL)
		return end_scan(e, p, p->place.reason == NULL ? err_word(ERR_TIMEOUT) : p->place.reason);
	begin_work(p);
	if (strcmp(json_str(p->work, "folder"), p->place.folder) != 0)		/* another place since it began */
		return end_scan(e, p, err_word(ERR_STALE));
	args[0] = p->place.folder;
	args[1] = json_str(p->work, "cursor");
	request.u.verb.verb = "clamd-scan";
	request.u.verb.args = args;
	request.u.verb.arg_count = args[1] == NULL ? 1 : 2;
	engine_call(e, p->arena, &request, &reply);
	if (reply.err.code != ERR_NONE) {
		log_line(LOG_WARNING, "engine", "the scan of %s ended: %s", p->row->domain, reply.err.text);
		return end_scan(e, p, err_word(reply.err.code));
	}
	if (reply.u.verb.status != 0 || !take_answer(p, reply.u.verb.out))
		return end_scan(e, p, err_word(ERR_PROTOCOL));
	if (json_str(p->work, "cursor") == NULL)
		return end_scan(e, p, NULL);
	if (json_int(p->work, "files", 0) > FILES_MAX || p->now - json_int(p->work, "started_at", 0) > TIME_MAX_S)
		return end_scan(e, p, "cut");
	if (store_scan_part(e->setup.store, p->row->domain, p->work, p->now, &err))
		return SCAN_PART;
	log_line(LOG_WARNING, "engine", "the scan of %s was not kept: %s", p->row->domain, err.text);
	return SCAN_NOTHING;
}

enum scan_step
engine_scan_step(struct engine *e, const char *domain)
{
	struct arena *a = arena_new();
	struct part p = { .arena = a, .now = (int64_t)time(NULL) };
	enum scan_step ret = SCAN_NOTHING;
	struct store_lock *lock = NULL;
	struct scan_row row;
	struct err err;

	/* Looked for again with the lock: who had it before may have gone on. */
	if (e->setup.store != NULL && store_scan_next(e->setup.store, a, domain, &row, &err) && row.domain != NULL &&
	    (lock = store_lock(e->setup.store, arena_printf(a, "scan:%s", row.domain), LOCK_MS, &err)) != NULL &&
	    store_scan_next(e->setup.store, a, row.domain, &row, &err) && row.domain != NULL) {
		p.row = &row;
		p.place = (struct place){ .domain = row.domain, .arena = a };
		ret = make_part(e, &p);
	}
	store_unlock(lock);
	arena_free(a);
	return ret;
}

/* --- what is known --------------------------------------------------------------------------------------- */

struct listing {
	struct arena		*arena;
	const struct rights	*rights;
	const char		*domain;
	struct json		*list;
};

static void
put_running(const struct listing *l, struct json *one, const struct scan_row *row)
{
	struct json *running;

	if (strcmp(row->state, "done") == 0) {
		json_put_null(one, "running");
		return;
	}
	running = json_put_object(one, "running");
	json_put_str(running, "state", row->state);
	json_put_str(running, "by", row->login);
	json_put_str(running, "asked_at", time_str(l->arena, row->asked_at));
	json_put_int(running, "files", json_int(row->work, "files", 0));
	json_put_int(running, "infected_count", json_int(row->work, "infected_count", 0));
}

static void
put_scan(void *ctx, const struct scan_row *row)
{
	static const char *const counts[] = { "files", "bytes", "unread", "too_large" };
	static const char *const times[] = { "started_at", "finished_at" };
	const struct listing *l = ctx;
	const struct owned *owned = rights_row(l->rights, row->domain);
	struct json *one;

	if ((l->domain != NULL && strcmp(l->domain, row->domain) != 0) || !rights_domain(l->rights, row->domain))
		return;
	one = json_add_object(l->list);
	json_put_str(one, "target", row->domain);
	json_put_str(one, "owner", owned == NULL ? NULL : owned->owner);
	json_put_str(one, "state", json_str(row->result, "state"));
	json_put_str(one, "reason", json_str(row->result, "reason"));
	json_put_str(one, "by", json_str(row->result, "by"));
	for (size_t i = 0; i < 2; i++) {
		int64_t at = json_int(row->result, times[i], 0);

		json_put_str(one, times[i], at == 0 ? NULL : time_str(l->arena, at));
	}
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		json_put_int(one, counts[i], json_int(row->result, counts[i], 0));
	if (json_get(row->result, "infected") != NULL)
		json_put_copy(one, "infected", json_get(row->result, "infected"));
	else
		json_put_array(one, "infected");
	json_put_int(one, "infected_count", json_int(row->result, "infected_count", 0));
	put_running(l, one, row);
}

struct json *
engine_scans(struct engine *e, struct arena *a, const struct rights *rights, const char *domain, struct err *err)
{
	struct json *answer = json_new_object(a);
	struct listing l = { a, rights, domain, json_put_array(answer, "scans") };
	struct store_scope scope;

	if (e->setup.store == NULL) {
		err_set(err, ERR_IO, "there is no store");
		return NULL;
	}
	rights_scope(rights, a, &scope);
	return store_scans_each(e->setup.store, a, &scope, put_scan, &l, err) ? answer : NULL;
}

struct fact_list { struct arena *arena; struct json *list; };

static void
put_result(void *ctx, const struct scan_row *row)
{
	const struct fact_list *l = ctx;
	struct json *one;

	if (row->result == NULL)
		return;
	one = json_add_object(l->list);
	json_put_str(one, "domain", row->domain);
	json_put_str(one, "state", json_str(row->result, "state"));
	json_put_int(one, "finished_at", json_int(row->result, "finished_at", 0));
	json_put_int(one, "files", json_int(row->result, "files", 0));
	json_put_copy(one, "infected", json_get(row->result, "infected"));
	json_put_int(one, "infected_count", json_int(row->result, "infected_count", 0));
}

struct fact *
scans_fact(struct engine *e)
{
	static const struct store_scope all = { .all = true };
	struct arena *a;
	struct fact_list l;
	struct fact *fact;
	struct err err;

	if (e->setup.store == NULL)
		return NULL;
	a = arena_new();
	l = (struct fact_list){ a, json_new_array(a) };
	if (!store_scans_each(e->setup.store, a, &all, put_result, &l, &err)) {
		arena_free(a);
		return NULL;
	}
	fact = arena_zalloc(a, sizeof(*fact));
	fact->arena = a;
	fact->value = l.list;
	return fact;
}
