/*
 * Changes as JSON and as values, their inverse, and when two states are the
 * same.  Pure; what comes in may be anything.
 */

#include <string.h>

#include "base/arena.h"
#include "panel/panel.h"

#define VALUES_MAX	512

static const char *const kinds[] = {
	[CHANGE_RRSET] = "rrset", [CHANGE_SETTING] = "setting", [CHANGE_MAILBOX] = "mailbox",
	[CHANGE_FORWARD] = "forward", [CHANGE_QUEUE] = "queue", [CHANGE_SECRET] = "secret",
};

/* What stands for a present value that could not be read. */
static const char unknown[] = "unknown";

static void
put_state(struct json *into, const char *key, const struct json *state)
{
	if (json_is_null(state))
		json_put_null(into, key);
	else
		json_put_copy(into, key, state);
}

void
change_to_json(struct json *into, const struct change *c)
{
	json_put_str(into, "kind", kinds[c->kind]);
	switch (c->kind) {
	case CHANGE_RRSET:
		json_put_str(into, "zone", c->zone);
		json_put_str(into, "name", c->name);
		json_put_str(into, "type", rrtype_word(c->type));
		break;
	case CHANGE_SETTING:
		json_put_str(into, "scope", c->scope);
		json_put_str(into, "object", c->object);
		json_put_str(into, "key", c->key);
		break;
	case CHANGE_MAILBOX:
	case CHANGE_FORWARD:
		json_put_str(into, "address", c->address);
		break;
	case CHANGE_QUEUE:
		json_put_str(into, "action", c->action);
		if (c->ids != NULL)
			json_put_copy(into, "ids", c->ids);
		else
			json_put_array(into, "ids");
		return;
	case CHANGE_SECRET:
		json_put_str(into, "object", c->object);
		json_put_str(into, "key", c->key);
		return;
	}
	if (c->before_unknown) {
		json_put_str(into, "before", unknown);
		json_put_bool(into, "before_unknown", true);
	} else
		put_state(into, "before", c->before);
	put_state(into, "after", c->after);
}

/* --- reading ------------------------------------------------------------------------------------- */

static bool
strings(const struct json *list)
{
	if (!json_is_array(list) || json_count(list) > VALUES_MAX)
		return false;
	for (const struct json *v = json_first(list); v != NULL; v = json_next(v))
		if (!json_is_str(v))
			return false;
	return true;
}

/* {"ttl":n|null,"values":["..."]}, at least one value: an empty set is null. */
static bool
rrset_state(const struct json *state)
{
	const struct json *ttl = json_get(state, "ttl"), *values = json_get(state, "values");

	if (json_is_null(state))
		return true;
	if (!json_is_object(state) || !strings(values) || json_count(values) == 0)
		return false;
	return json_is_null(ttl) ||
	    (json_is_int(ttl) && json_value_int(ttl, -1) >= 0 && json_value_int(ttl, -1) <= INT32_MAX);
}

static bool
state_is_good(const struct change *c, const struct json *state)
{
	switch (c->kind) {
	case CHANGE_RRSET:
		return rrset_state(state);
	case CHANGE_MAILBOX:
		return json_is_null(state) || json_is_object(state);
	case CHANGE_FORWARD:
		return json_is_null(state) || strings(state);
	default:
		return true;
	}
}

static bool
text_member(struct arena *a, const struct json *json, const char *key, const char **ret,
    struct err *err)
{
	const char *s = json_str(json, key);

	if (s == NULL || *s == '\0')
		return err_set(err, ERR_VALUE, "a change without %s", key);
	*ret = arena_strdup(a, s);
	return true;
}

static bool
one_of(const char *word, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

static bool
change_subject(struct arena *a, const struct json *json, struct change *c, struct err *err)
{
	static const char *const scopes[] = { "server", "domain", "mailbox", "site", NULL };
	static const char *const actions[] = { "hold", "release", "delete", NULL };
	const char *type = NULL;

	switch (c->kind) {
	case CHANGE_RRSET:
		if (!text_member(a, json, "zone", &c->zone, err) ||
		    !text_member(a, json, "name", &c->name, err) ||
		    !text_member(a, json, "type", &type, err))
			return false;
		return rrtype_parse(text_of(type), &c->type) ||
		    err_set(err, ERR_VALUE, "a change of an unknown record type");
	case CHANGE_SETTING:
		if (!text_member(a, json, "scope", &c->scope, err) ||
		    !text_member(a, json, "object", &c->object, err) ||
		    !text_member(a, json, "key", &c->key, err))
			return false;
		return one_of(c->scope, scopes) || err_set(err, ERR_VALUE, "a change of an unknown scope");
	case CHANGE_MAILBOX:
	case CHANGE_FORWARD:
		return text_member(a, json, "address", &c->address, err);
	case CHANGE_QUEUE:
		if (!text_member(a, json, "action", &c->action, err))
			return false;
		if (!one_of(c->action, actions))
			return err_set(err, ERR_VALUE, "a change of the queue with an unknown action");
		c->ids = json_get(json, "ids");
		if (!json_is_array(c->ids))
			return err_set(err, ERR_VALUE, "a change of the queue without ids");
		for (const struct json *v = json_first(c->ids); v != NULL; v = json_next(v))
			if (!json_is_str(v))
				return err_set(err, ERR_VALUE, "a queue id that is no text");
		return true;
	case CHANGE_SECRET:
		return text_member(a, json, "object", &c->object, err) &&
		    text_member(a, json, "key", &c->key, err);
	}
	return false;
}

bool
change_from_json(struct arena *a, const struct json *json, struct change *ret, struct err *err)
{
	const char *kind = json_str(json, "kind");
	struct change c = { 0 };
	size_t i, count = sizeof(kinds) / sizeof(kinds[0]);

	for (i = 0; kind != NULL && i < count && strcmp(kinds[i], kind) != 0; i++)
		;
	if (kind == NULL || i == count)
		return err_set(err, ERR_VALUE, "a change of an unknown kind");
	c.kind = (enum change_kind)i;
	if (!change_subject(a, json, &c, err))
		return false;
	if (c.kind != CHANGE_QUEUE && c.kind != CHANGE_SECRET) {
		c.before = json_get(json, "before");
		c.after = json_get(json, "after");
		c.before_unknown = json_bool(json, "before_unknown", false);
		if (c.before_unknown)
			c.before = NULL;
		if (!state_is_good(&c, c.before) || !state_is_good(&c, c.after))
			return err_set(err, ERR_VALUE, "a change whose state has a wrong form");
	}
	/* The tree it came from may end before the change does. */
	if (c.ids != NULL)
		c.ids = json_copy(a, c.ids);
	c.before = json_is_null(c.before) ? NULL : json_copy(a, c.before);
	c.after = json_is_null(c.after) ? NULL : json_copy(a, c.after);
	*ret = c;
	return true;
}

/* --- undoing ------------------------------------------------------------------------------------- */

struct change
change_inverse(const struct change *c)
{
	struct change inverse = *c;

	inverse.before = c->after;
	inverse.after = c->before;
	if (c->kind == CHANGE_QUEUE && strcmp(c->action, "hold") == 0)
		inverse.action = "release";
	else if (c->kind == CHANGE_QUEUE && strcmp(c->action, "release") == 0)
		inverse.action = "hold";
	return inverse;
}

bool
change_has_inverse(const struct change *c)
{
	if (c->before_unknown || c->kind == CHANGE_SECRET)
		return false;
	return c->kind != CHANGE_QUEUE || strcmp(c->action, "delete") != 0;
}

/* --- comparing ------------------------------------------------------------------------------------ */

/* Host names inside values: case and the final dot mean nothing (RFC 4343). */
static bool
rdata_eq(enum rrtype type, const char *x, const char *y)
{
	struct text a = text_of(x), b = text_of(y);

	if (type == RR_TXT || type == RR_SPF)
		return text_eq(a, b);
	if (text_ends(a, "."))
		a.n--;
	if (text_ends(b, "."))
		b.n--;
	return text_ieq(a, b);
}

/* The same values the same number of times, in any order. */
static bool
values_eq(const struct json *a, const struct json *b, enum rrtype type)
{
	bool taken[VALUES_MAX] = { false };
	size_t n = json_count(a);

	if (n != json_count(b) || n > VALUES_MAX)
		return false;
	for (const struct json *v = json_first(a); v != NULL; v = json_next(v)) {
		const struct json *w = json_first(b);
		size_t i = 0;

		for (; w != NULL; w = json_next(w), i++)
			if (!taken[i] && json_is_str(v) && json_is_str(w) &&
			    rdata_eq(type, json_value_str(v), json_value_str(w)))
				break;
		if (w == NULL)
			return false;
		taken[i] = true;
	}
	return true;
}

bool
change_state_eq(const struct change *c, const struct json *a, const struct json *b)
{
	const struct json *ttl_a = json_get(a, "ttl"), *ttl_b = json_get(b, "ttl");

	if (json_is_null(a) || json_is_null(b))
		return json_is_null(a) && json_is_null(b);
	switch (c->kind) {
	case CHANGE_RRSET:
		if (!json_is_null(ttl_a) && !json_is_null(ttl_b) &&
		    json_value_int(ttl_a, 0) != json_value_int(ttl_b, 0))
			return false;
		return values_eq(json_get(a, "values"), json_get(b, "values"), c->type);
	case CHANGE_FORWARD:
		return values_eq(a, b, RR_TXT);
	default:
		return json_eq(a, b);
	}
}

static const struct json *
scalar(struct arena *a, const struct json *in)
{
	return json_copy(a, json_get(in, "v"));
}

const struct json *
state_of_bool(struct arena *a, bool v)
{
	struct json *o = json_new_object(a);

	json_put_bool(o, "v", v);
	return scalar(a, o);
}

const struct json *
state_of_int(struct arena *a, int64_t v)
{
	struct json *o = json_new_object(a);

	json_put_int(o, "v", v);
	return scalar(a, o);
}

const struct json *
state_of_str(struct arena *a, const char *v)
{
	struct json *o = json_new_object(a);

	json_put_str(o, "v", v);
	return scalar(a, o);
}
