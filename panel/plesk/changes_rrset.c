/*
 * A record set, through the REST API.
 *
 * Plesk has records, not sets, and no guard against somebody else's change.  So
 * the records are read once more right before the first write and must still be
 * what the plan saw.  Then rrset.h's operations are made one by one.
 *
 * How POST reads `host` is not documented: answers show absolute names, older
 * interfaces take relative ones.  So a form is tried, the record that came out
 * is looked at, a wrong one is deleted, and the next form is tried; what worked
 * is used for the rest of this change.  Last, the dns utility.
 *
 * `next` plays the log from the start each time, so it remembers nothing.
 */

#include <string.h>

#include "panel/plesk/rrset.h"

#define TXT_STRING_MAX	255		/* RFC 1035 3.3.14: longer values are worth a second look */

/* --- requests --------------------------------------------------------------------------------- */

static bool
has_opt(const char *type)
{
	return strcmp(type, "MX") == 0 || strcmp(type, "SRV") == 0;
}

static bool
is_host_value(const char *type)
{
	static const char *const types[] = { "NS", "CNAME", "PTR", "MX", "SRV" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

/* "10 mx.cust.example" -> opt "10", value "mx.cust.example." */
static void
put_value(const struct rrset_plan *p, struct json *body, const char *text)
{
	struct text rest = text_of(text), opt = TEXT("");
	const char *value;

	if (has_opt(p->type)) {
		size_t n = rest.n;

		while (n > 0 && rest.p[n - 1] != ' ')
			n--;
		opt = text_trim(text_head(rest, n));
		rest = text_skip(rest, n);
	}
	value = text_cstr(p->arena, rest);
	if (is_host_value(p->type) && !text_ends(rest, "."))
		value = arena_printf(p->arena, "%s.", value);
	json_put_str(body, "value", value);
	json_put_str(body, "opt", text_cstr(p->arena, opt));
}

static struct request
put_request(const struct rrset_plan *p, const struct rrset_op *op)
{
	struct json *body = json_new_object(p->arena);

	json_put_int(body, "id", op->record->id);
	json_put_str(body, "type", p->type);
	json_put_str(body, "host", op->record->host);
	if (op->text == op->record->text) {		/* only the TTL: everything else as it was read */
		json_put_str(body, "value", op->record->value);
		json_put_str(body, "opt", op->record->opt);
	} else
		put_value(p, body, op->text);
	if (!p->other_ttl && json_is_int(op->record->ttl))
		json_put_copy(body, "ttl", op->record->ttl);
	else if (p->other_ttl && p->ttl > 0)
		json_put_int(body, "ttl", p->ttl);
	return plesk_rest_write(p->arena, "PUT", arena_printf(p->arena, PLESK_REST "/dns/records/%lld",
	    (long long)op->record->id), body);
}

static struct request
delete_request(const struct rrset_plan *p, int64_t id)
{
	return plesk_rest_write(p->arena, "DELETE", arena_printf(p->arena, PLESK_REST "/dns/records/%lld",
	    (long long)id), NULL);
}

/* The forms of a host in the order they are tried; NULL = no more. */
static const char *
host_form(const struct rrset_plan *p, size_t form)
{
	struct text name = text_of(p->change->name), zone = text_of(p->change->zone);
	bool apex = text_eq(name, zone);

	switch (form) {
	case 0:
		return arena_printf(p->arena, "%s.", p->change->name);
	case 1:
		return apex ? "" : text_cstr(p->arena, text_head(name, name.n - zone.n - 1));
	case 2:
		return apex ? "@" : NULL;
	default:
		return NULL;
	}
}

static struct request
post_request(const struct rrset_plan *p, const struct rrset_op *op, const char *host)
{
	struct json *body = json_new_object(p->arena);

	json_put_str(body, "type", p->type);
	json_put_str(body, "host", host);
	put_value(p, body, op->text);
	if (p->ttl > 0)
		json_put_int(body, "ttl", p->ttl);
	return plesk_rest_write(p->arena, "POST", arena_printf(p->arena, PLESK_REST "/dns/records?domain=%s",
	    p->change->zone), body);
}

/* The utility's way to add one record; false = it has none for this type. */
static bool
utility_request(const struct rrset_plan *p, const struct rrset_op *op, struct request *call)
{
	const char *sub = host_form(p, 1);
	struct json *parts = json_new_object(p->arena);
	const char *value, *opt;

	put_value(p, parts, op->text);
	value = json_str(parts, "value");
	opt = json_str(parts, "opt");
	if (strcmp(p->type, "TXT") == 0)
		*call = cli_change(p->arena, "dns", (const char *const[]){ "--add", p->change->zone,
		    "-txt", value, "-domain", sub, NULL });
	else if (strcmp(p->type, "A") == 0 || strcmp(p->type, "AAAA") == 0)
		*call = cli_change(p->arena, "dns", (const char *const[]){ "--add", p->change->zone,
		    strcmp(p->type, "A") == 0 ? "-a" : "-aaaa", sub, "-ip", value, NULL });
	else if (strcmp(p->type, "MX") == 0)
		*call = cli_change(p->arena, "dns", (const char *const[]){ "--add", p->change->zone,
		    "-mx", sub, "-mailexchanger", value, "-priority", opt, NULL });
	else if (strcmp(p->type, "CNAME") == 0)
		*call = cli_change(p->arena, "dns", (const char *const[]){ "--add", p->change->zone,
		    "-cname", sub, "-canonical", value, NULL });
	else
		return false;
	return true;
}

/* --- playing the log -------------------------------------------------------------------------- */

struct play {
	struct rrset_plan		*plan;
	const struct call_log	*log;
	size_t			 at;		/* the next entry of the log */
	size_t			 form;		/* of hosts, learned */
	struct request		*call;
	struct err		*err;
};

/* The next reply of the log; NULL = the call is to be made. */
static const struct reply *
made(struct play *y, struct request request)
{
	if (y->at < y->log->count)
		return &y->log->replies[y->at++];
	*y->call = request;
	return NULL;
}

static enum step
simple(struct play *y, struct request request)
{
	const struct reply *reply = made(y, request);
	const struct json *answer;

	if (reply == NULL)
		return STEP_CALL;
	return plesk_rest_reply(y->plan->arena, reply, &answer, y->err) ? STEP_DONE : STEP_FAILED;
}

/* Long text might be cut by the panel without a word; then the old value goes back. */
static enum step
put_and_look(struct play *y, const struct rrset_op *op)
{
	struct rrset_plan *p = y->plan;
	const struct reply *reply;
	const struct json *answer;
	struct rrset_op back = { OP_PUT, op->record, op->record->text };
	enum step step = simple(y, put_request(p, op));

	if (step != STEP_DONE || strcmp(p->type, "TXT") != 0 || strlen(op->text) <= TXT_STRING_MAX)
		return step;
	reply = made(y, plesk_rest_get(arena_printf(p->arena, PLESK_REST "/dns/records/%lld",
	    (long long)op->record->id)));
	if (reply == NULL)
		return STEP_CALL;
	if (!plesk_rest_reply(p->arena, reply, &answer, y->err))
		return STEP_FAILED;
	if (json_str(answer, "value") != NULL &&
	    strcmp(plesk_record_value(p->arena, "TXT", json_str(answer, "value"), ""), op->text) == 0)
		return STEP_DONE;
	if ((step = simple(y, put_request(p, &back))) == STEP_CALL)
		return step;
	return plesk_step_failed(y->err, ERR_PROTOCOL,
	    "the panel did not keep the whole text of the record; the former one was put back");
}

static bool
is_as_asked(const struct rrset_plan *p, const struct json *answer, const struct rrset_op *op)
{
	const char *value = json_str(answer, "value");

	/* An answer without a value is judged when the set is read back. */
	return value == NULL ||
	    plesk_rrset_same(p, plesk_record_value(p->arena, p->type, value, json_str(answer, "opt")), op->text);
}

static enum step
post_by_utility(struct play *y, const struct rrset_op *op, const struct err *first)
{
	struct cli_result r;
	const struct reply *reply;
	struct request request;
	struct err err;

	if (!utility_request(y->plan, op, &request)) {
		*y->err = *first;
		return STEP_FAILED;
	}
	if ((reply = made(y, request)) == NULL)
		return STEP_CALL;
	if (!cli_reply(y->plan->arena, reply, &r, &err) || (r.code != 0 && r.code != 2)) {
		*y->err = *first;	/* the REST API's reason is the better one */
		return STEP_FAILED;
	}
	return STEP_DONE;		/* 2: such a record is there already */
}

static enum step
post(struct play *y, const struct rrset_op *op)
{
	struct rrset_plan *p = y->plan;
	struct err first = { ERR_NONE, "" }, err;
	const char *host;

	for (; (host = host_form(p, y->form)) != NULL; y->form++) {
		const struct reply *reply = made(y, post_request(p, op, host));
		const struct json *answer;
		const char *became;
		enum step step;

		if (reply == NULL)
			return STEP_CALL;
		if (!plesk_rest_reply(p->arena, reply, &answer, &err)) {
			if (first.code == ERR_NONE)
				first = err;
			if (err.code == ERR_VALUE)
				continue;		/* HTTP 400: perhaps another form */
			*y->err = err;
			return STEP_FAILED;
		}
		became = json_str(answer, "host");
		if (became != NULL && strcmp(plesk_record_name(p->arena, became), p->change->name) != 0) {
			/* "cust.example.cust.example.": it wants relative names. */
			if ((step = simple(y, delete_request(p, json_int(answer, "id", 0)))) != STEP_DONE)
				return step;
			continue;
		}
		if (is_as_asked(p, answer, op))
			return STEP_DONE;
		if ((step = simple(y, delete_request(p, json_int(answer, "id", 0)))) == STEP_CALL)
			return step;
		return plesk_step_failed(y->err, ERR_PROTOCOL,
		    "the panel did not keep the whole text of the record; it was taken out again");
	}
	y->form = 0;
	if (first.code == ERR_NONE)
		err_set(&first, ERR_PROTOCOL, "the panel puts new records at another name");
	return post_by_utility(y, op, &first);
}

enum step
plesk_next_rrset(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	struct rrset_plan *p = arena_zalloc(a, sizeof(*p));
	struct play y = { p, log, 0, 0, call, err };
	const struct reply *reply;
	const struct json *list, *present;

	(void)ev;
	(void)params;
	if (!text_is(text_of(c->zone), c->name) &&
	    !text_ends(text_of(c->name), arena_printf(a, ".%s", c->zone)))
		return plesk_step_failed(err, ERR_VALUE, "the name is not in the zone");
	p->arena = a;
	p->change = c;
	p->type = rrtype_word(c->type);
	p->ttl = json_int(c->after, "ttl", 0);
	/* Records of one name may differ in their TTL here: what is not to change is left alone. */
	p->other_ttl = json_int(c->before, "ttl", 0) != p->ttl;
	reply = made(&y, plesk_rest_get(arena_printf(a, PLESK_REST "/dns/records?domain=%s", c->zone)));
	if (reply == NULL)
		return STEP_CALL;
	if (!plesk_rest_reply(a, reply, &list, err) || !plesk_rrset_read(p, list, err))
		return STEP_FAILED;
	present = plesk_rrset_present(p);
	if (change_state_eq(c, present, c->after))
		return STEP_DONE;
	if (!change_state_eq(c, present, c->before))
		return plesk_step_failed(err, ERR_STALE, "the records were changed since they were read");
	if (!plesk_rrset_ops(p, err))
		return STEP_FAILED;
	for (size_t i = 0; i < p->op_count; i++) {
		const struct rrset_op *op = &p->ops[i];
		enum step step = op->kind == OP_PUT ? put_and_look(&y, op) :
		    op->kind == OP_POST ? post(&y, op) : simple(&y, delete_request(p, op->record->id));

		if (step != STEP_DONE)
			return step;
	}
	return STEP_DONE;
}

bool
plesk_state_rrset(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const struct json *zone = ev_fact(ev, "zone", c->zone), *v;
	struct json *set = NULL, *values = NULL;
	const char *type = rrtype_word(c->type);

	(void)params;
	if (zone == NULL)
		return false;
	for (v = json_first(json_get(zone, "records")); v != NULL; v = json_next(v)) {
		const char *name = json_str(v, "name"), *is = json_str(v, "type");

		if (name == NULL || is == NULL || strcmp(is, type) != 0 || strcmp(name, c->name) != 0)
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
