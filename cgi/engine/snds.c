#include "engine/snds.h"

#include <string.h>

#include "base/arena.h"
#include "base/time.h"
#include "engine/internal.h"
#include "store/snds.h"
#include "store/traffic.h"
#include "tools/snds.h"

#define DAY_S		86400
#define TOP_MAX		3

/* Worst last. */
static const char *const filters[] = { "green", "yellow", "red" };
static const char *const kinds[] = { "mailbox", "user", "script" };

struct json *
engine_snds_import(struct engine *e, struct arena *a, struct text csv, struct err *err)
{
	struct json *answer, *rows;
	size_t skipped;

	if (e->setup.store == NULL) {
		err_set(err, ERR_IO, "there is no store");
		return NULL;
	}
	if (csv.n > SNDS_BYTES_MAX) {
		err_set(err, ERR_LIMIT, "more than %d bytes: export a shorter time", SNDS_BYTES_MAX);
		return NULL;
	}
	if ((rows = snds_json(a, csv, &skipped, err)) == NULL ||
	    !store_snds_put(e->setup.store, rows, engine_now(e), err))
		return NULL;
	answer = json_new_object(a);
	json_put_int(answer, "imported", (int64_t)json_count(rows));
	json_put_int(answer, "skipped", (int64_t)skipped);
	return answer;
}

static size_t
rank_of(const char *filter)
{
	for (size_t i = 0; filter != NULL && i < sizeof(filters) / sizeof(filters[0]); i++)
		if (strcmp(filter, filters[i]) == 0)
			return i + 1;
	return 0;
}

struct sent { int64_t by_day[SNDS_DAYS + 1], first; };	/* first: Unix day of by_day[0] */

static void
add_hour(void *ctx, int64_t hour, const struct traffic_count *count)
{
	struct sent *s = ctx;
	int64_t day = hour / DAY_S - s->first;

	if (day >= 0 && day <= SNDS_DAYS)
		s->by_day[day] += count->messages;
}

struct top { struct json *list; const char *who; };

static void
add_top(void *ctx, const char *name, int64_t messages)
{
	struct top *t = ctx;
	struct json *one = json_add_object(t->list);

	json_put_str(one, "who", t->who);
	json_put_text(one, "name", text_of(name));
	json_put_int(one, "messages", messages);
}

/* What the log says of the day. */
static bool
put_sent(struct engine *e, struct json *day, int64_t at, const struct sent *sent,
    const struct traffic_position *read, struct err *err)
{
	struct top top = { .list = json_put_array(day, "top") };
	int64_t index = at / DAY_S - sent->first;

	if (read->file == NULL || read->since < 0 || at + DAY_S <= read->since || at > read->until || index < 0 ||
	    index > SNDS_DAYS) {
		json_put_null(day, "sent");
		return true;
	}
	json_put_int(day, "sent", sent->by_day[index]);
	for (size_t i = 0; json_bool(day, "bad", false) && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		top.who = kinds[i];
		if (!store_traffic_top(e->setup.store, kinds[i], at, at + DAY_S, TOP_MAX, add_top, &top, err))
			return false;
	}
	return true;
}

static void
add_row(struct json *day, const struct json *row)
{
	int64_t traps = json_int(row, "traps", 0);
	size_t rank = rank_of(json_str(row, "filter"));

	json_add_copy(json_edit(day, "addresses"), row);
	json_put_int(day, "traps", json_int(day, "traps", 0) + traps);
	if (rank > rank_of(json_str(day, "filter")))
		json_put_str(day, "filter", filters[rank - 1]);
	if (rank > 1 || traps > 0)
		json_put_bool(day, "bad", true);
}

struct json *
engine_snds(struct engine *e, struct arena *a, struct err *err)
{
	static const struct store_scope everything = { .all = true };
	struct json *answer = json_new_object(a), *days = json_put_array(answer, "days"), *day = NULL;
	struct sent sent = { .first = engine_now(e) / DAY_S - SNDS_DAYS };
	struct traffic_position read = { 0 };
	const struct json *rows;
	int64_t imported_at, at;

	if (e->setup.store == NULL) {
		err_set(err, ERR_IO, "there is no store");
		return NULL;
	}
	rows = store_snds_rows(e->setup.store, a, arena_strndup(a, time_str(a, sent.first * DAY_S), 10), &imported_at, err);
	if (rows == NULL || !store_traffic_position(e->setup.store, a, &read, err) ||
	    !store_traffic_hours(e->setup.store, &everything, "server", NULL, sent.first * DAY_S, add_hour, &sent, err))
		return NULL;
	for (const struct json *r = json_first(rows); r != NULL; r = json_next(r)) {
		if (day == NULL || strcmp(json_str(day, "day"), json_str(r, "day")) != 0) {
			day = json_add_object(days);
			json_put_copy(day, "day", json_get(r, "day"));
			json_put_null(day, "filter");
			json_put_bool(day, "bad", false);
			json_put_int(day, "traps", 0);
			json_put_array(day, "addresses");
		}
		add_row(day, r);
	}
	for (day = json_edit_first(days); day != NULL; day = json_edit_next(day))
		if (time_parse(text_of(json_str(day, "day")), &at) && !put_sent(e, day, at, &sent, &read, err))
			return NULL;
	json_put_str(answer, "imported_at", imported_at == 0 ? NULL : time_str(a, imported_at));
	return answer;
}
