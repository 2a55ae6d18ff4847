#include "fixes/fix.h"

#include <string.h>

#include "base/arena.h"
#include "checks/where.h"

const char *
refused_word(enum refused refused)
{
	static const char *const words[] = {
		[REFUSED_NO] = NULL, [REFUSED_NOT_NEEDED] = "not_needed",
		[REFUSED_WOULD_BREAK] = "would_break", [REFUSED_DNS_ELSEWHERE] = "dns_elsewhere",
		[REFUSED_NOT_ALLOWED] = "not_allowed", [REFUSED_NEEDS_FIRST] = "needs_first",
		[REFUSED_INVALID_VALUE] = "invalid_value", [REFUSED_UNKNOWN] = "unknown",
	};

	return words[refused];
}

const char *
fix_mode_word(enum fix_mode mode)
{
	static const char *const words[] = {
		[MODE_ONE_CLICK] = "one_click", [MODE_COPY] = "copy", [MODE_REQUEST] = "request",
	};

	return words[mode];
}

unsigned
panel_bit_of(const char *kind)
{
	static const struct { const char *kind; unsigned bit; } bits[] = {
		{ "plesk", PANEL_PLESK }, { "cpanel", PANEL_CPANEL }, { "postfix", PANEL_POSTFIX },
	};

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (strcmp(bits[i].kind, kind) == 0)
			return bits[i].bit;
	return 0;
}

bool
plan_can_click(const struct plan_run *r)
{
	return (r->fix->panels & panel_bit_of(r->rules->panel_kind)) != 0;
}

const struct json *
plan_bool(struct plan_run *r, bool value)
{
	struct json *box = json_new_object(r->arena);

	json_put_bool(box, "value", value);
	return json_get(box, "value");
}

const char *
plan_param(const struct plan_run *r, const char *name)
{
	for (size_t i = 0; i < r->param_count; i++)
		if (strcmp(r->params[i].name, name) == 0)
			return r->params[i].value;
	return NULL;
}

bool
plan_may(const struct plan_run *r, const char *ascii)
{
	return r->may == NULL || r->may_all || r->may(r->may_ctx, ascii);
}

void
plan_change(struct plan_run *r, const struct change *change)
{
	if (r->change_count < PLAN_CHANGES_MAX)
		r->changes[r->change_count++] = *change;
	else
		plan_refuse(r, REFUSED_WOULD_BREAK, "fix.refused.too_many");
}

void
plan_setting(struct plan_run *r, const char *scope, const char *object, const char *key,
    const struct json *before, const struct json *after, bool before_unknown)
{
	struct change c = { .kind = CHANGE_SETTING, .scope = scope, .object = object, .key = key,
	    .before = before, .after = after, .before_unknown = before_unknown };

	if (!before_unknown && change_state_eq(&c, before, after))
		return;			/* it is so already */
	plan_change(r, &c);
}

void
plan_refuse(struct plan_run *r, enum refused refused, const char *text_id)
{
	if (r->refused != REFUSED_NO)
		return;			/* the first reason counts */
	r->refused = refused;
	r->refused_id = text_id;
}

static void
value_put(struct finding_value *values, size_t count, const char *name, const char *value)
{
	for (size_t i = 0; i < count; i++) {
		if (values[i].name == NULL || strcmp(values[i].name, name) == 0) {
			values[i] = (struct finding_value){ name, value };
			return;
		}
	}
}

void
plan_refuse_value(struct plan_run *r, const char *name, const char *value)
{
	value_put(r->refused_values, sizeof(r->refused_values) / sizeof(r->refused_values[0]), name, value);
}

void
plan_message(struct plan_run *r, const char *text_id, const char *where_id)
{
	r->copy_text_id = text_id;
	r->copy_where_id = where_id;
}

void
plan_message_value(struct plan_run *r, const char *name, const char *value)
{
	value_put(r->copy_values, sizeof(r->copy_values) / sizeof(r->copy_values[0]), name, value);
}

void
plan_needs(struct plan_run *r, const char *fix_id, const char *text_id)
{
	if (r->refused != REFUSED_NO)
		return;
	plan_refuse(r, REFUSED_NEEDS_FIRST, text_id);
	r->needs = fix_id;
}

struct alternative *
plan_alternative(struct plan_run *r, const char *text_id, const char *refused_id)
{
	/* More than can be shown: the last is overwritten, never a NULL to test for. */
	size_t i = r->alternative_count < PLAN_ALTERNATIVES_MAX ? r->alternative_count++ :
	    PLAN_ALTERNATIVES_MAX - 1;

	r->alternatives[i] = (struct alternative){ .text_id = text_id, .refused_id = refused_id };
	return &r->alternatives[i];
}

/* --- DNS ----------------------------------------------------------------------------------------- */

static const char *
where_text(const struct dns_location *loc, const struct rules *rules)
{
	switch (loc->where) {
	case DNS_HERE:
		return "fix.where.this_panel";
	case DNS_AT_PROVIDER:
		return "fix.where.provider_panel";
	case DNS_ELSEWHERE:
		/* Without a panel the zone may well be on a server of their own. */
		if (loc->operator == NULL && !rules->panel_serves_dns)
			return "fix.where.own_server";
		return loc->operator != NULL ? "fix.where.operator" : "fix.where.elsewhere";
	case DNS_NOWHERE:
		return "fix.where.nowhere";
	case DNS_UNCLEAR:
		break;
	}
	return "fix.where.unclear";
}

/* A zone that the panel serves but does not let us edit, or only copies, is text to copy as well. */
static bool
zone_is_editable(const struct json *zone)
{
	const char *type = json_str(zone, "type");

	return zone != NULL && json_tristate(zone, "served") != 0 &&
	    json_tristate(zone, "editable") != 0 && (type == NULL || strcmp(type, "slave") != 0);
}

bool
plan_where(struct plan_run *r, struct name domain)
{
	struct dns_location loc;

	if (!dns_locate(r->ev, r->arena, r->rules, domain, &loc))
		return false;
	r->zone = loc.delegation->zone;
	r->panel_zone = NULL;
	if (loc.where == DNS_HERE) {
		/* The panel must have said so: without its zone there is no "before". */
		if (loc.zone == NULL && (loc.zone = ev_fact(r->ev, "zone", r->zone.s)) == NULL)
			return false;
		if (zone_is_editable(loc.zone))
			r->panel_zone = loc.zone;
	}
	if (r->panel_zone == NULL && r->mode == MODE_ONE_CLICK)
		r->mode = MODE_COPY;
	r->copy_where_id = where_text(&loc, r->rules);
	r->copy_operator = loc.operator;
	if (r->copy_operator == NULL && loc.where != DNS_HERE && loc.delegation->count > 0)
		r->copy_operator = loc.delegation->servers[0].name.s;
	return true;
}

static struct json *
state_new(struct plan_run *r, bool has_ttl, int64_t ttl_s)
{
	struct json *state = json_new_object(r->arena);

	if (has_ttl)
		json_put_int(state, "ttl", ttl_s);
	else
		json_put_null(state, "ttl");
	json_put_array(state, "values");
	return state;
}

/* The set as the panel's zone holds it; NULL = not there. */
const struct json *
zone_rrset(struct arena *a, const struct json *zone, struct name name, enum rrtype type)
{
	struct json *state = NULL, *values = NULL;
	const struct json *v;

	for (v = json_first(json_get(zone, "records")); v != NULL; v = json_next(v)) {
		const char *at = json_str(v, "name"), *t = json_str(v, "type"), *value = json_str(v, "value");
		enum rrtype is;

		if (at == NULL || t == NULL || value == NULL || !rrtype_parse(text_of(t), &is) ||
		    is != type || !text_iis(text_of(at), name.s))
			continue;
		if (state == NULL) {
			state = json_new_object(a);
			if (json_is_int(json_get(v, "ttl")))
				json_put_int(state, "ttl", json_int(v, "ttl", 0));
			else
				json_put_null(state, "ttl");
			values = json_put_array(state, "values");
		}
		json_add_str(values, value);
	}
	return state;
}

/* One record as text, in the form of the panel's values. */
const char *
rr_value(struct arena *a, const struct rr *rr, enum rrtype type)
{
	switch (type) {
	case RR_A:
	case RR_AAAA:
		return ip_str(a, rr->u.ip);
	case RR_NS:
	case RR_CNAME:
	case RR_PTR:
		return rr->u.name.s;
	case RR_MX:
		return arena_printf(a, "%u %s", rr->u.mx.preference,
		    rr->u.mx.exchange.s[0] == '\0' ? "." : rr->u.mx.exchange.s);
	case RR_TXT:
	case RR_SPF:
		return text_show(a, rr->u.txt.joined);
	default:
		return NULL;
	}
}

const struct json *
answer_rrset(struct arena *a, const struct dns_answer *answer)
{
	struct json *state, *values;

	if (answer->outcome != DNS_FOUND || answer->count == 0)
		return NULL;
	state = json_new_object(a);
	json_put_int(state, "ttl", answer->ttl_s);
	values = json_put_array(state, "values");
	for (size_t i = 0; i < answer->count; i++) {
		const char *value = rr_value(a, &answer->rrs[i], answer->type);

		if (value != NULL)
			json_add_str(values, value);
	}
	return state;
}

/* Values alone: a resolver counts the TTL down, and the panel may not say it. */
static bool
values_agree(const struct change *c, const struct json *a, const struct json *b, struct arena *arena)
{
	struct json *x, *y;

	if (a == NULL || b == NULL)
		return a == b;
	x = json_copy(arena, a);
	y = json_copy(arena, b);
	json_put_null(x, "ttl");
	json_put_null(y, "ttl");
	return change_state_eq(c, x, y);
}

bool
plan_rrset(struct plan_run *r, struct name zone, struct name name, enum rrtype type,
    const char *const *values_after, size_t count, uint32_t ttl_s)
{
	struct change c = { .kind = CHANGE_RRSET, .name = name.s, .type = type };
	const struct json *public_set, *before_ttl;
	const struct truth *truth;
	struct json *after;

	if (!plan_where(r, zone))
		return false;
	if ((truth = ev_truth(r->ev, zone, name, type)) == NULL)
		return false;
	/* An alias has no set of its own; what stands at its end is somebody else's. */
	public_set = truth->answer->cname.s != NULL ? NULL : answer_rrset(r->arena, truth->answer);
	c.zone = r->zone.s;
	if (r->panel_zone != NULL) {
		c.before = zone_rrset(r->arena, r->panel_zone, name, type);
		if (truth->answer->outcome != DNS_FAILED &&
		    !values_agree(&c, c.before, public_set, r->arena))
			r->public_differs = true;
	} else {
		if (truth->answer->outcome == DNS_FAILED) {
			ev_fail(r->ev, arena_printf(r->arena, "%s %s", rrtype_word(type), name.s),
			    dns_failure_word(truth->answer->failure), NULL);
			return false;
		}
		c.before = public_set;
	}
	if (count > 0) {
		before_ttl = json_get(c.before, "ttl");
		after = ttl_s != 0 ? state_new(r, true, ttl_s) :
		    json_is_int(before_ttl) ? state_new(r, true, json_value_int(before_ttl, 0)) :
		    state_new(r, false, 0);
		for (size_t i = 0; i < count; i++)
			json_add_str(json_edit(after, "values"), values_after[i]);
		c.after = after;
	}
	if (ttl_s == 0 ? values_agree(&c, c.before, c.after, r->arena) :
	    change_state_eq(&c, c.before, c.after))
		return true;		/* nothing to do */
	plan_change(r, &c);
	return true;
}
