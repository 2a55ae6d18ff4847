/*
 * A record set: one mass edit, which is atomic, guarded by the zone's serial.
 *
 * The zone is read right before the write and must still be what the plan saw;
 * whoever changes it in between makes the serial another, and the edit is
 * refused.  Then it is read once more: is the set still as the plan saw it, the
 * edit is made anew with the new serial, twice at most.
 */

#include <string.h>

#include "panel/cpanel/internal.h"

#define TRIES		3
#define RECORDS_MAX	256
#define TTL_USUAL	14400		/* of a zone that names none */

struct record {
	int64_t			 line;
	const struct json	*ttl;
	const char		*value;
	bool			 stays;
};

struct edit {
	struct arena		*arena;
	const struct change	*change;
	const char		*type, *zone, *serial;
	int64_t			 zone_ttl;
	struct record		 records[RECORDS_MAX];
	size_t			 count;
};

static bool
edit_read(struct edit *e, const struct json *lines, struct err *err)
{
	const struct json *zone = cp_zone_of_lines(e->arena, e->zone, lines), *v;

	e->count = 0;
	e->serial = json_str(zone, "serial");
	e->zone_ttl = json_int(zone, "ttl", TTL_USUAL);
	for (v = json_first(json_get(zone, "records")); v != NULL; v = json_next(v)) {
		if (strcmp(json_str(v, "type"), e->type) != 0 || strcmp(json_str(v, "name"), e->change->name) != 0)
			continue;
		if (e->count == RECORDS_MAX)
			return err_set(err, ERR_LIMIT, "over %d records at %s", RECORDS_MAX, e->change->name);
		e->records[e->count++] = (struct record){ json_int(v, "id", -1), json_get(v, "ttl"),
		    json_str(v, "value"), false };
	}
	return e->serial != NULL || err_set(err, ERR_PROTOCOL, "the zone has no serial");
}

static const struct json *
present_set(const struct edit *e)
{
	struct json *set, *values;

	if (e->count == 0)
		return NULL;
	set = json_new_object(e->arena);
	json_put_copy(set, "ttl", e->records[0].ttl);
	values = json_put_array(set, "values");
	for (size_t i = 0; i < e->count; i++)
		json_add_str(values, e->records[i].value);
	return set;
}

static bool
same_value(const struct edit *e, const char *x, const char *y)
{
	struct text a = text_of(x), b = text_of(y);

	if (e->change->type == RR_TXT || e->change->type == RR_SPF)
		return text_eq(a, b);
	if (text_ends(a, ".") && a.n > 1)
		a.n--;
	if (text_ends(b, ".") && b.n > 1)
		b.n--;
	return text_ieq(a, b);
}

/* --- the items of one mass edit ------------------------------------------------------------------------ */

struct items {
	struct arg	*args;
	size_t		 count, adds, edits, removes;
};

static void
put_item(struct edit *e, struct items *items, const char *kind, size_t n, const char *value)
{
	items->args[items->count++] = (struct arg){ arena_printf(e->arena, "%s-%zu", kind, n), value };
}

/* line < 0 = a new record */
static void
write_record(struct edit *e, struct items *items, int64_t line, int64_t ttl, const char *value)
{
	struct json *item = json_new_object(e->arena);

	if (line >= 0)
		json_put_int(item, "line_index", line);
	json_put_str(item, "dname", cp_name_in_zone(e->arena, e->zone, e->change->name));
	json_put_int(item, "ttl", ttl);
	json_put_str(item, "record_type", e->type);
	cp_put_record_data(item, e->arena, e->type, value);
	put_item(e, items, line >= 0 ? "edit" : "add", line >= 0 ? items->edits++ : items->adds++,
	    json_print(e->arena, item));
}

static struct record *
take_same(struct edit *e, const char *value)
{
	for (size_t i = 0; i < e->count; i++)
		if (!e->records[i].stays && same_value(e, e->records[i].value, value))
			return &e->records[i];
	return NULL;
}

static struct record *
take_any(struct edit *e)
{
	for (size_t i = 0; i < e->count; i++)
		if (!e->records[i].stays)
			return &e->records[i];
	return NULL;
}

/* The TTL of what is written: the wanted one, else what was there, else the zone's. */
static int64_t
ttl_for(const struct edit *e, const struct record *r)
{
	int64_t wanted = json_int(e->change->after, "ttl", 0);

	if (wanted > 0)
		return wanted;
	if (r == NULL && e->count > 0)
		r = &e->records[0];
	return r != NULL ? json_value_int(r->ttl, e->zone_ttl) : e->zone_ttl;
}

/* What stays is left alone, unless its TTL is to be another; old values become new ones; then what is left. */
static bool
make_items(struct edit *e, struct items *items, struct err *err)
{
	const struct json *values = json_get(e->change->after, "values"), *v;
	bool other_ttl = json_int(e->change->before, "ttl", 0) != json_int(e->change->after, "ttl", 0);
	const char *fresh[RECORDS_MAX];
	size_t count = 0, i;
	struct record *r;

	if (json_count(values) > RECORDS_MAX)
		return err_set(err, ERR_LIMIT, "over %d records wanted", RECORDS_MAX);
	*items = (struct items){ .args = arena_array(e->arena, 2 * RECORDS_MAX + 3, sizeof(*items->args)) };
	items->args[items->count++] = (struct arg){ "zone", e->zone };
	items->args[items->count++] = (struct arg){ "serial", e->serial };
	for (v = json_first(values); v != NULL; v = json_next(v)) {
		if ((r = take_same(e, json_value_str(v))) == NULL) {
			fresh[count++] = json_value_str(v);
			continue;
		}
		r->stays = true;
		if (other_ttl && json_value_int(r->ttl, e->zone_ttl) != ttl_for(e, r))
			write_record(e, items, r->line, ttl_for(e, r), r->value);
	}
	for (i = 0; i < count; i++) {
		r = take_any(e);
		write_record(e, items, r == NULL ? -1 : r->line, ttl_for(e, r), fresh[i]);
		if (r != NULL)
			r->stays = true;
	}
	for (; (r = take_any(e)) != NULL; r->stays = true)
		put_item(e, items, "remove", items->removes++, arena_printf(e->arena, "%lld", (long long)r->line));
	items->args[items->count] = (struct arg){ NULL, NULL };
	return true;
}

/* --- playing ------------------------------------------------------------------------------------------- */

enum step
cpanel_next_rrset(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	struct play y = { a, log, params, 0, call, err };
	struct edit *e = arena_zalloc(a, sizeof(*e));
	struct err refusal = { ERR_NONE, "" };
	const char *sent = NULL;
	const struct json *data;
	enum step step;

	(void)ev;
	if (strcmp(c->name, c->zone) != 0 && !text_ends(text_of(c->name), arena_printf(a, ".%s", c->zone)))
		return cp_step_failed(err, ERR_VALUE, "the name is not in the zone");
	e->arena = a;
	e->change = c;
	e->type = rrtype_word(c->type);
	e->zone = c->zone;
	for (int i = 0; i < TRIES; i++) {
		const struct json *present;
		struct items items = { 0 };

		step = cp_play_whm(&y, whm_read(a, params, "parse_dns_zone", ARGS({ "zone", c->zone },)), &data);
		if (step != STEP_DONE)
			return step;
		if (!edit_read(e, cp_list(data, "payload"), err))
			return STEP_FAILED;
		present = present_set(e);
		if (change_state_eq(c, present, c->after))
			return STEP_DONE;
		if (!change_state_eq(c, present, c->before))
			return cp_step_failed(err, ERR_STALE, "the records were changed since they were read");
		if (sent != NULL && strcmp(sent, e->serial) == 0) {	/* nobody was in between: it is refused */
			*err = refusal;
			return STEP_FAILED;
		}
		if (!make_items(e, &items, err))
			return STEP_FAILED;
		step = cp_play_whm(&y, whm_write(a, params, "mass_edit_dns_zone", items.args), &data);
		if (step != STEP_FAILED)
			return step;
		if (err->code != ERR_VALUE)
			return STEP_FAILED;
		refusal = *err;
		sent = e->serial;
	}
	*err = refusal;
	return STEP_FAILED;
}

bool
cpanel_state_rrset(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const struct json *zone = ev_fact(ev, "zone", c->zone), *v;
	struct json *set = NULL, *values = NULL;

	(void)params;
	if (zone == NULL)
		return false;
	for (v = json_first(json_get(zone, "records")); v != NULL; v = json_next(v)) {
		if (strcmp(json_str(v, "type"), rrtype_word(c->type)) != 0 || strcmp(json_str(v, "name"), c->name) != 0)
			continue;
		if (set == NULL) {
			set = json_new_object(a);
			json_put_copy(set, "ttl", json_get(v, "ttl"));
			values = json_put_array(set, "values");
		}
		json_add_str(values, json_str(v, "value"));
	}
	*ret = set;
	return true;
}
