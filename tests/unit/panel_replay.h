#ifndef TESTS_UNIT_PANEL_REPLAY_H
#define TESTS_UNIT_PANEL_REPLAY_H

/*
 * A panel's adapter against the recordings in a folder, which hold
 *
 *	{"calls": {CALL: REPLY}, "cases": [CASE]}
 *
 * CALL is a request as the panel's own test writes it.  REPLY is {"json": any}, {"text": "..."},
 * {"verb": out} of the helper, what else the panel's test knows, each with an optional
 * "status", or {"error": err_word, "maybe_done": bool}.
 *
 * CASE of a fact: {"name", "fact", "arg", "bulk": true in a run over many domains,
 *	"local": true on the panel's server, "by_command": true by its commands,
 *	"before": [facts read first], "calls": over those of the file,
 *	"value": all of it | "has": that part of it | "failed": reason, "says": part of the detail}
 * CASE of a change: {"name", "change": CHANGE, "steps": [[CALL, REPLY]...],
 *	"end": "done" | err_word, "says": part of the reason}, or
 *	"state": value | "unreadable": reason, with "calls".
 *
 * Answers come one at a time, in the order asked, so every function is run
 * again and again from the top as the engine does it.
 */

#include <dirent.h>

#include "unit/test.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "evidence/evidence.h"
#include "evidence/truth.h"
#include "panel/panel.h"

#define CALLS_MAX	64

struct replay {
	const struct panel	*panel;
	const char		*directory;
	const char		*(*call_text)(struct arena *, const struct request *);
	/* Does it change something?  Then it has to say so. */
	bool			 (*changes)(struct arena *, const struct request *);
	/* The body of a reply that this panel has a short form for; NULL = it has none. */
	const char		*(*body)(struct arena *, const struct json *given);
};

static void
reply_read(const struct replay *replay, struct arena *a, const struct json *given, struct reply *reply)
{
	const struct json *json = json_get(given, "json");
	const char *body;

	memset(reply, 0, sizeof(*reply));
	reply->maybe_done = json_bool(given, "maybe_done", false);
	if (json_str(given, "error") != NULL) {
		enum err_code code = ERR_IO;

		err_parse(json_str(given, "error"), &code);
		err_set(&reply->err, code, "%s", json_str(given, "error"));
		return;
	}
	if (json_str(given, "verb") != NULL) {
		reply->u.verb.status = (int)json_int(given, "status", 0);
		reply->u.verb.out = text_of(json_str(given, "verb"));
		reply->u.verb.err = json_str(given, "says") == NULL ? TEXT("") : text_of(json_str(given, "says"));
		return;
	}
	reply->u.http.status = (int)json_int(given, "status", 200);
	reply->u.http.content_type = "";
	if ((body = replay->body(a, given)) == NULL)
		body = json != NULL ? json_print(a, json) : json_str(given, "text");
	reply->u.http.body = text_of(body);
}

/* --- a source that answers late ------------------------------------------------------------------------------ */

struct late {
	const struct replay	*replay;
	const struct panel_params *params;
	struct arena		*arena;
	const struct json	*own, *shared;	/* calls of the case and of the file */
	const char		*name;
	struct { struct evidence *ev; const char *key; struct reply *reply; } queue[4096];
	size_t			 first, count;
};

static void
late_fetch(void *ctx, struct evidence *ev, const char *key, const struct request *request)
{
	struct late *late = ctx;
	const char *call = late->replay->call_text(late->arena, request);
	const struct json *given = json_get(late->own, call);
	struct reply *reply = arena_zalloc(late->arena, sizeof(*reply));

	if (given == NULL)
		given = json_get(late->shared, call);
	if (given == NULL) {
		test_failed++;
		printf("FAIL %s: no reply is given for: %s\n", late->name, call);
	}
	/* a fact never writes */
	CHECK(late->name, request->kind == REQUEST_HTTP ? !request->u.http.write :
	    request->kind != REQUEST_VERB || !request->u.verb.write);
	reply_read(late->replay, late->arena, given, reply);
	late->queue[late->count].ev = ev;
	late->queue[late->count].key = arena_strdup(late->arena, key);
	late->queue[late->count++].reply = reply;
}

static bool
deliver_one(struct late *late)
{
	if (late->first == late->count)
		return false;
	evidence_deliver(late->queue[late->first].ev, late->queue[late->first].key,
	    late->queue[late->first].reply);
	late->first++;
	return true;
}

static struct evidence *
late_evidence(const struct replay *replay, struct arena *a, struct late **ret, const struct json *c, const struct json *file)
{
	struct panel_params *params = arena_zalloc(a, sizeof(*params));
	struct evidence_source *source = arena_zalloc(a, sizeof(*source));
	struct late *late = arena_zalloc(a, sizeof(*late));
	struct evidence *ev;

	late->replay = replay;
	late->params = params;
	late->arena = a;
	late->own = json_get(c, "calls");
	late->shared = json_get(file, "calls");
	late->name = json_str(c, "name");
	source->fetch = late_fetch;
	source->panel = replay->panel;
	params->local = json_bool(c, "local", false);
	params->by_command = json_bool(c, "by_command", false);
	source->panel_params = params;
	source->ctx = late;
	*ret = late;
	ev = evidence_new(a, source, 1700000000);
	evidence_set_depth(ev, json_bool(c, "bulk", false) ? TRUTH_RESOLVER :
	    TRUTH_AUTHORITATIVE, 53);
	return ev;
}

/* --- comparing --------------------------------------------------------------------------------------------------- */

/* Every member that is wanted is there and the same; arrays one by one. */
static bool
has(const struct json *is, const struct json *wanted)
{
	const struct json *v, *w;

	if (json_is_object(wanted)) {
		for (w = json_first(wanted); w != NULL; w = json_next(w))
			if (!has(json_get(is, json_key(w)), w))
				return false;
		return json_is_object(is);
	}
	if (!json_is_array(wanted))
		return json_is_null(wanted) ? json_is_null(is) : json_eq(is, wanted);
	if (!json_is_array(is) || json_count(is) != json_count(wanted))
		return false;
	for (v = json_first(is), w = json_first(wanted); w != NULL; v = json_next(v), w = json_next(w))
		if (!has(v, w))
			return false;
	return true;
}

static void
judge(struct arena *a, const char *name, const struct json *is, const char *reason,
    const struct json *c, const char *whole, const char *failed)
{
	const struct json *value = json_get(c, whole), *part = json_get(c, "has");
	bool ok;

	if (json_str(c, failed) != NULL) {
		CHECK_STR(name, reason, json_str(c, failed));
		return;
	}
	ok = reason == NULL && (part != NULL ? has(is, part) :
	    json_is_null(value) ? json_is_null(is) : json_eq(is, value));
	if (!ok)
		printf("     is %s (%s)\n", is == NULL ? "(none)" : json_print(a, is),
		    reason == NULL ? "known" : reason);
	CHECK(name, ok);
}

/* --- cases --------------------------------------------------------------------------------------------------------- */

/* What was asked before, as "fact" or "fact argument". */
static void
facts_before(struct arena *a, struct evidence *ev, struct late *late, const struct json *c)
{
	const struct ev_failure *why;

	for (const struct json *v = json_first(json_get(c, "before")); v != NULL; v = json_next(v)) {
		struct text arg = text_of(json_value_str(v)), name;

		text_split(&arg, ' ', &name);
		while (ev_fact_any(ev, text_cstr(a, name), arg.n == 0 ? NULL : text_cstr(a, arg), &why) == NULL &&
		    why == NULL && deliver_one(late))
			;
	}
}

static void
case_fact(const struct replay *replay, struct arena *a, const struct json *c, const struct json *file)
{
	const char *name = json_str(c, "name");
	const struct ev_failure *why;
	const struct json *value;
	struct late *late;
	struct evidence *ev = late_evidence(replay, a, &late, c, file);

	facts_before(a, ev, late, c);
	do
		value = ev_fact_any(ev, json_str(c, "fact"), json_str(c, "arg"), &why);
	while (value == NULL && why == NULL && deliver_one(late));
	CHECK(name, value != NULL || why != NULL);
	judge(a, name, value, why == NULL ? NULL : why->reason, c, "value", "failed");
	if (why != NULL && json_str(c, "says") != NULL)
		CHECK(name, why->detail != NULL && strstr(why->detail, json_str(c, "says")) != NULL);
}

static void
case_state(const struct replay *replay, struct arena *a, const struct json *c, const struct json *file, const struct change *change)
{
	const struct panel_change *row = panel_change_find(replay->panel, change);
	const struct json *value = NULL;
	struct activation act;
	struct late *late;
	struct evidence *ev = late_evidence(replay, a, &late, c, file);
	bool known;

	do {
		evidence_begin(ev, &act);
		known = row->state(ev, a, change, late->params, &value);
		evidence_end(ev, &act);
	} while (!known && act.waiting > 0 && deliver_one(late));
	judge(a, json_str(c, "name"), value, known ? NULL : act.failure.reason, c, "state", "unreadable");
}

static void
case_steps(const struct replay *replay, struct arena *a, const struct json *c, const struct json *file, const struct change *change)
{
	const struct panel_change *row = panel_change_find(replay->panel, change);
	const char *name = json_str(c, "name"), *end = json_str(c, "end");
	const struct json *given = json_first(json_get(c, "steps"));
	struct request requests[CALLS_MAX];
	struct reply replies[CALLS_MAX];
	struct call_log log = { requests, replies, 0 };
	struct late *late;
	struct evidence *ev = late_evidence(replay, a, &late, c, file);
	struct request call, again;
	struct err err = { ERR_NONE, "" };
	enum step step;

	facts_before(a, ev, late, c);
	for (;; given = json_next(given)) {
		step = row->next(a, change, &log, ev, late->params, &call, &err);
		if (step != STEP_CALL || log.count == CALLS_MAX)
			break;
		CHECK(name, row->next(a, change, &log, ev, late->params, &again, &err) == STEP_CALL);
		CHECK_STR(name, replay->call_text(a, &again), replay->call_text(a, &call));
		CHECK_STR(name, replay->call_text(a, &call), json_value_str(json_first(given)));
		if (given == NULL)
			return;
		if (replay->changes(a, &call))
			CHECK(name, call.kind == REQUEST_HTTP ? call.u.http.write : call.u.verb.write);
		requests[log.count] = call;
		reply_read(replay, a, json_next(json_first(given)), &replies[log.count++]);
	}
	CHECK(name, given == NULL);
	CHECK_STR(name, step == STEP_DONE ? "done" : err_word(err.code), end);
	if (json_str(c, "says") != NULL && strstr(err.text, json_str(c, "says")) == NULL)
		CHECK_STR(name, err.text, json_str(c, "says"));
}

static void
run_file(const struct replay *replay, const char *path)
{
	struct arena *a = arena_new();
	const struct json *file, *c;
	struct text text;
	struct err err;

	if (!file_read(a, path, 1 << 20, &text, &err) || (file = json_parse(a, text, &err)) == NULL) {
		test_failed++;
		printf("FAIL %s: %s\n", path, err.text);
		arena_free(a);
		return;
	}
	for (c = json_first(json_get(file, "cases")); c != NULL; c = json_next(c)) {
		struct arena *one = arena_new();
		struct change change;

		if (json_str(c, "fact") != NULL)
			case_fact(replay, one, c, file);
		else if (!change_from_json(one, json_get(c, "change"), &change, &err)) {
			test_failed++;
			printf("FAIL %s: %s\n", json_str(c, "name"), err.text);
		} else {
			change.secret_ref = "REF";
			if (json_get(c, "steps") != NULL)
				case_steps(replay, one, c, file, &change);
			else
				case_state(replay, one, c, file, &change);
		}
		arena_free(one);
	}
	arena_free(a);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
replay_run(const struct replay *replay)
{
	struct arena *a = arena_new();
	char *paths[256];
	size_t count = 0;
	struct dirent *entry;
	DIR *dir = opendir(replay->directory);

	CHECK("the recordings are there", dir != NULL);
	while (dir != NULL && (entry = readdir(dir)) != NULL && count < 256)
		if (text_ends(text_of(entry->d_name), ".json"))
			paths[count++] = arena_printf(a, "%s/%s", replay->directory, entry->d_name);
	if (dir != NULL)
		closedir(dir);
	qsort(paths, count, sizeof(paths[0]), by_name);
	for (size_t i = 0; i < count; i++)
		run_file(replay, paths[i]);
	arena_free(a);
}

#endif
