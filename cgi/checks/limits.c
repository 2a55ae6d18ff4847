/*
 * Outgoing limits: they find a stolen password early and contain it.
 */

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/time.h"
#include "checks/all.h"
#include "checks/whose.h"
#include "evidence/mail_use.h"

static const struct finding_row rows[] = {
	{ "limits.off", VERDICT_WARNING, SEVERITY_HIGH, OWNER_PROVIDER, { "limits.enable" } },
	{ "limits.bypass", VERDICT_WARNING, SEVERITY_HIGH, OWNER_PROVIDER, { "limits.close_bypass" } },
	{ "limits.too_high", VERDICT_WARNING, SEVERITY_LOW, OWNER_PROVIDER, { "limits.set" } },
	{ "limits.reached", VERDICT_WARNING, SEVERITY_MEDIUM, OWNER_CUSTOMER, { NULL }, .culprit = true },
};

#define DAY_S	(24 * 3600)

/* -1 the panel does not say, 0 off, 1 on. */
static int
is_on(const struct run *run, const struct json *mail)
{
	int enabled = json_tristate(json_get(mail, "limits"), "enabled");

	/* Postfix has no switch: a policy server counts, or nothing does. */
	if (enabled < 0 && strcmp(run->rules->panel_kind, "postfix") == 0)
		return json_str(mail, "policy") != NULL;
	return enabled;
}

/* --- who was cut ------------------------------------------------------------------------------------ */

struct cut { const char *who; bool account; int64_t count; };

/* Who was cut in the last day.  Two look at the log: what both tell of somebody is told once. */
static void
take_limited(struct run *run, struct map *cuts, const struct json *list)
{
	for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
		const char *who = json_str(v, "who");
		int64_t count = json_int(v, "count", 0);
		struct cut *c = who == NULL ? NULL : map_get(cuts, who);

		if (who == NULL || json_int(v, "at", 0) < run->now - DAY_S)
			continue;
		if (c == NULL) {
			c = arena_zalloc(run->arena, sizeof(*c));
			c->who = who;
			map_put(cuts, who, c);
		}
		c->account = c->account || json_bool(v, "account", false);
		if (count > c->count)
			c->count = count;
	}
}

/* A log that cannot be read says nothing.  false = cannot go on. */
static bool
report_reached(struct run *run, const struct json *use)
{
	const struct ev_failure *why;
	const struct json *traffic = ev_fact_any(run->ev, "mail_traffic", NULL, &why);
	struct map *cuts = map_new(run->arena);
	struct whose *whose;

	if (!whose_open(run->ev, run->arena, &whose) || (traffic == NULL && why == NULL))
		return false;
	take_limited(run, cuts, json_get(traffic, "limited"));
	take_limited(run, cuts, json_get(use, "limited"));
	for (size_t i = 0; i < map_count(cuts); i++) {
		const struct cut *c = map_at(cuts, i, NULL);
		const char *domain = whose_account(whose, c->who);
		struct finding *f;

		if (domain == NULL)
			domain = whose_domain(whose, c->who);
		/* A claimed sender of nobody here is a stranger. */
		if (domain == NULL && !c->account)
			continue;
		f = report(run, "limits.reached", c->who);
		json_put_str(f->data, "domain", domain);
		json_put_str(f->data, "owner", whose_owner(whose, domain));
		json_put_int(f->data, "count", c->count);
		finding_value_int(run, f, "count", c->count);
		finding_panel(run, f, "mail_use", f->data);
	}
	return true;
}

/* --- limits beside what is really sent ------------------------------------------------------------------ */

/* What every finding of this check shows: the busiest hour, and how the others were. */
static void
put_use(struct run *run, const struct json *use)
{
	struct json *into;

	if (use == NULL) {
		json_put_null(run_data(run), "use");
		return;
	}
	into = json_put_object(run_data(run), "use");
	for (size_t i = 0; i < MAIL_USE_LEVELS; i++) {
		struct mail_use_level l;
		struct json *one;

		if (!mail_use_level(use, mail_use_levels[i], &l))
			continue;
		one = json_put_object(into, mail_use_levels[i]);
		json_put_int(one, "messages", l.messages);
		json_put_int(one, "hours", l.hours);
		json_put_int(one, "busiest", l.busiest);
		json_put_int(one, "p50", l.p50);
		json_put_int(one, "p95", l.p95);
		json_put_int(one, "p99", l.p99);
	}
}

/* What a limit should be where there is none, or one that does not fit; on = it is in force. */
static void
put_proposed(struct run *run, const struct json *limits, const struct json *use, bool on)
{
	struct json *into = json_put_object(run_data(run), "proposed");
	int64_t below = 0;		/* what a level holds must not be less than what one below it may send */

	for (size_t i = 0; i < MAIL_USE_LEVELS; i++) {
		int64_t limit = json_int(limits, mail_use_levels[i], -1);

		if (!mail_use_has_limit(run->rules->panel_kind, i))
			continue;
		if (!on || limit <= 0)
			limit = mail_use_keep(use, i, limit);
		else if (mail_use_too_high(use, i, limit))
			limit = mail_use_propose(use, i);
		if (limit < below && !on)
			limit = below;
		below = limit;
		json_put_int(into, mail_use_levels[i], limit);
	}
}

/* One finding: the limit that is the furthest above what was ever sent. */
static void
report_too_high(struct run *run, const struct json *limits, const struct json *use)
{
	struct mail_use_level l, worst = { 0 };
	int64_t limit, highest = 0;
	const char *level = NULL;
	struct json *list = json_new_array(run->arena), *one;
	struct finding *f;

	for (size_t i = 0; i < MAIL_USE_LEVELS; i++) {
		limit = json_int(limits, mail_use_levels[i], -1);
		if (!mail_use_too_high(use, i, limit) || !mail_use_level(use, mail_use_levels[i], &l))
			continue;
		one = json_add_object(list);
		json_put_str(one, "level", mail_use_levels[i]);
		json_put_int(one, "limit", limit);
		json_put_int(one, "busiest", l.busiest);
		if (level == NULL || limit * worst.busiest > highest * l.busiest) {
			level = mail_use_levels[i];
			worst = l;
			highest = limit;
		}
	}
	if (level == NULL)
		return;
	f = report(run, "limits.too_high", NULL);
	finding_variant(run, f, level);
	json_put_str(f->data, "level", level);
	json_put_int(f->data, "limit", highest);
	json_put_int(f->data, "busiest", worst.busiest);
	json_put_int(f->data, "messages", worst.messages);
	json_put_copy(f->data, "levels", list);
	finding_value_int(run, f, "limit", highest);
	finding_value_int(run, f, "busiest", worst.busiest);
	finding_value_int(run, f, "messages", worst.messages);
	finding_value(f, "who", worst.busiest_name != NULL ? worst.busiest_name : "-");
	finding_value(f, "at", worst.busiest_at > 0 ? time_str(run->arena, worst.busiest_at) : "-");
	finding_panel(run, f, "mail_server", limits);
}

static void
check(struct run *run)
{
	const struct json *mail, *limits, *use;
	const struct ev_failure *why;
	struct finding *f;
	int on;

	if (!ev_has_panel(run->ev)) {
		report_not_applicable(run, "no_panel");
		return;
	}
	mail = ev_fact(run->ev, "mail_server", NULL);
	use = ev_fact_any(run->ev, "mail_use", NULL, &why);
	if ((use == NULL && why == NULL) || !report_reached(run, use) || mail == NULL)
		return;
	limits = json_get(mail, "limits");
	if (limits != NULL)
		json_put_copy(run_data(run), "limits", limits);
	if (json_str(mail, "policy") != NULL)
		json_put_str(run_data(run), "policy", json_str(mail, "policy"));
	put_use(run, use);
	if ((on = is_on(run, mail)) >= 0)
		json_put_bool(run_data(run), "on", on == 1);
	put_proposed(run, limits, use, on == 1);
	switch (on) {
	case 0:
		finding_panel(run, report(run, "limits.off", NULL), "mail_server", limits);
		break;
	case -1:
		report_unknown(run, "unsupported");
		finding_value(&run->findings[run->finding_count - 1], "what", "limits");
		finding_value(&run->findings[run->finding_count - 1], "detail", "");
		break;
	default:
		if (json_tristate(mail, "localhost_whitelisted") == 1) {
			f = report(run, "limits.bypass", NULL);
			finding_panel(run, f, "mail_server", limits);
		}
		report_too_high(run, limits, use);
	}
}

const struct check check_limits = {
	"limits", SCOPE_SERVER, "sending-limits", rows, sizeof(rows) / sizeof(rows[0]), check, NULL,
};
