/*
 * Outgoing limits.  What is proposed comes from what was really sent in the last
 * 30 days, with headroom; while that is not known: a mailbox of a person, a
 * domain of a small office, a customer.  Numbers that stand there are kept where
 * they fit, and every one can be given.  The preview says what each limit would
 * have stopped.
 */

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "evidence/mail_use.h"
#include "fixes/all.h"
#include "fixes/distribution.h"

#define LIMIT_MAX	100000		/* messages an hour */

/* --- what was really sent ---------------------------------------------------------------------------- */

/* *ret NULL = not known.  false = on its way. */
static bool
read_use(struct plan_run *r, const struct json **ret)
{
	const struct ev_failure *why;

	*ret = ev_fact_any(r->ev, "mail_use", NULL, &why);
	return *ret != NULL || why != NULL;
}

/* A note of the preview, whole ids so that a test finds their words. */
static const struct { const char *some, *none; } notes[MAIL_USE_LEVELS] = {
	{ "fix.limits.note.mailbox.some", "fix.limits.note.mailbox.none" },
	{ "fix.limits.note.domain.some", "fix.limits.note.domain.none" },
	{ "fix.limits.note.subscription.some", "fix.limits.note.subscription.none" },
};

static void
note_stopped(struct plan_run *r, const struct json *use, size_t level, int64_t limit)
{
	struct mail_use_level l;
	int64_t messages, hours;
	struct alternative *note;
	static const char *const names[] = { "limit", "messages", "hours", "busiest", "p99" };

	if (limit <= 0)
		return;
	if (!mail_use_level(use, mail_use_levels[level], &l) || l.messages < MAIL_USE_MESSAGES_MIN) {
		if (r->alternative_count == 0)
			plan_alternative(r, "fix.limits.note.unknown", NULL);
		return;
	}
	mail_use_stopped(use, mail_use_levels[level], limit, &messages, &hours);
	note = plan_alternative(r, hours > 0 ? notes[level].some : notes[level].none, NULL);
	for (size_t i = 0; note != NULL && i < sizeof(names) / sizeof(names[0]); i++) {
		const int64_t values[] = { limit, messages, hours, l.busiest, l.p99 };

		note->values[i] = (struct finding_value){ names[i],
		    arena_printf(r->arena, "%lld", (long long)values[i]) };
	}
}

/* false = refused. */
static bool
given(struct plan_run *r, const char *name, int64_t *ret)
{
	const char *value = plan_param(r, name);
	uint64_t n;

	*ret = -1;
	if (value == NULL || value[0] == '\0')
		return true;
	if (!text_uint(text_of(value), LIMIT_MAX, &n) || n == 0) {
		plan_refuse(r, REFUSED_INVALID_VALUE, "fix.limits.refused.number");
		plan_refuse_value(r, "value", value);
		return false;
	}
	*ret = (int64_t)n;
	return true;
}

/* --- Postfix: a policy server ------------------------------------------------------------------------ */

/* What a list of main.cf has already stays in it. */
#define ADD(name, what)	"postconf -e \"" name " = $(postconf -h " name " | sed 's/..*/&, /')" what "\"\n"
#define TAKE_UP		"postfix check && postfix reload\n"

/* Debian packages policyd-rate-limit; RPM systems have Rspamd.  cluebringer is gone from both. */
static const char *
debian_commands(struct arena *a, int64_t mailbox)
{
	return arena_printf(a, "apt-get install policyd-rate-limit\n"
	    "sed -i -e 's/^    - \\[10, 60\\].*/    - [%lld, 3600]/' -e '/^    - \\[150, 86400\\]/d' "
	    "/etc/policyd-rate-limit.yaml\n"
	    "systemctl restart policyd-rate-limit\n"
	    ADD("smtpd_end_of_data_restrictions", "check_policy_service unix:ratelimit/policy")
	    TAKE_UP, (long long)mailbox);
}

static const char *
rpm_commands(struct arena *a, int64_t mailbox)
{
	return arena_printf(a, "dnf install rspamd redis\n"
	    "cat > /etc/rspamd/local.d/redis.conf <<'END'\n"
	    "servers = \"127.0.0.1:6379\";\n"
	    "END\n"
	    "cat > /etc/rspamd/local.d/ratelimit.conf <<'END'\n"
	    "rates {\n"
	    "  user = { selector = \"user.lower\"; bucket = { burst = %lld; rate = \"%lld / 1h\"; } }\n"
	    "}\n"
	    "END\n"
	    "systemctl enable --now redis rspamd\n"
	    ADD("smtpd_milters", "inet:127.0.0.1:11332")
	    "postconf -e 'non_smtpd_milters = $smtpd_milters' 'milter_default_action = accept'\n"
	    TAKE_UP, (long long)mailbox, (long long)mailbox);
}

/* false = cannot go on. */
static bool
policy_text(struct plan_run *r, int64_t mailbox)
{
	enum family family;

	if (!distribution(r, &family))
		return false;
	r->mode = MODE_COPY;
	r->copy_where_id = "fix.limits.where.postfix";
	if (family == FAMILY_DEBIAN)
		r->copy_text = debian_commands(r->arena, mailbox);
	else if (family == FAMILY_RPM)
		r->copy_text = rpm_commands(r->arena, mailbox);
	else
		r->copy_text = arena_printf(r->arena, "# Debian, Ubuntu\n%s\n# AlmaLinux, Rocky Linux\n%s",
		    debian_commands(r->arena, mailbox), rpm_commands(r->arena, mailbox));
	return true;
}

/* Installed, and nobody asks it: one line of main.cf is missing. */
static const struct { const char *service, *where; } installed[] = {
	{ "policyd-rate-limit", "unix:ratelimit/policy" },
	{ "postfwd", "inet:127.0.0.1:10040" },
};

#define ASKED_AT	"smtpd_end_of_data_restrictions"	/* there the number of recipients is known */

/* true = planned (or it cannot go on). */
static bool
connect_policy(struct plan_run *r, const struct json *mail)
{
	const struct json *main_cf, *services = json_get(mail, "services");
	const char *set, *where = NULL;
	struct json *before, *after;

	for (size_t i = 0; i < sizeof(installed) / sizeof(installed[0]) && where == NULL; i++)
		if (json_str(services, installed[i].service) != NULL)
			where = installed[i].where;
	if (where == NULL || strcmp(r->rules->panel_kind, "postfix") != 0)
		return false;
	if ((main_cf = ev_fact(r->ev, "main_cf", NULL)) == NULL)
		return true;
	set = json_str(json_get(main_cf, ASKED_AT), "set");
	before = json_new_object(r->arena);
	after = json_new_object(r->arena);
	json_put_str(before, "value", set);
	json_put_str(after, "value", set == NULL || set[0] == '\0' ?
	    arena_printf(r->arena, "check_policy_service %s", where) :
	    arena_printf(r->arena, "%s, check_policy_service %s", set, where));
	plan_setting(r, "server", "server", ASKED_AT, set == NULL ? NULL : json_get(before, "value"),
	    json_get(after, "value"), false);
	return true;
}

/* --- the panel's switch -------------------------------------------------------------------------------- */

static bool
is_postfix(const struct plan_run *r)
{
	return strcmp(r->rules->panel_kind, "postfix") == 0 || !ev_has_panel(r->ev);
}

struct wanted { int64_t value[MAIL_USE_LEVELS]; bool any; };

static bool
read_wanted(struct plan_run *r, struct wanted *w)
{
	w->any = false;
	for (size_t i = 0; i < MAIL_USE_LEVELS; i++) {
		if (!given(r, mail_use_levels[i], &w->value[i]))
			return false;
		if (w->value[i] > 0 && !is_postfix(r) && !mail_use_has_limit(r->rules->panel_kind, i)) {
			plan_refuse(r, REFUSED_INVALID_VALUE, "fix.limits.refused.by_domain");
			return false;
		}
		w->any = w->any || w->value[i] > 0;
	}
	return true;
}

static void
change_limits(struct plan_run *r, const struct json *present, const struct wanted *w, const struct json *use, bool enable)
{
	struct json *before = json_new_object(r->arena), *after = json_new_object(r->arena);
	int on = json_tristate(present, "enabled");
	bool unknown = on < 0;
	int64_t below = 0;		/* what a level holds must not be less than what one below it may send */

	if (enable) {
		json_put_bool(before, "enabled", on == 1);
		json_put_bool(after, "enabled", true);
	}
	for (size_t i = 0; i < MAIL_USE_LEVELS; i++) {
		const struct json *now = json_get(present, mail_use_levels[i]);
		int64_t is = json_value_int(now, -1), wants = w->value[i];

		if (!mail_use_has_limit(r->rules->panel_kind, i))
			continue;
		if (wants < 0 && enable)
			wants = mail_use_keep(use, i, is) > below ? mail_use_keep(use, i, is) : below;
		if (wants < 0 || (!enable && wants == is))
			continue;
		below = wants;
		note_stopped(r, use, i, wants);
		if (json_is_null(now))
			unknown = true;
		else
			json_put_int(before, mail_use_levels[i], is);
		json_put_int(after, mail_use_levels[i], wants);
	}
	/* One right of WHM's holds for reading and for setting them. */
	if (unknown && strcmp(r->rules->panel_kind, "cpanel") == 0) {
		plan_refuse(r, REFUSED_UNKNOWN, "fix.limits.refused.not_told");
		return;
	}
	plan_setting(r, "server", "server", "outgoing_limits", unknown ? NULL : before, after, unknown);
}

static void
plan_enable(struct plan_run *r)
{
	const struct json *mail = NULL, *limits, *use;
	struct wanted w;
	int64_t mailbox;

	if (!read_wanted(r, &w))
		return;
	if (ev_has_panel(r->ev) && (mail = ev_fact(r->ev, "mail_server", NULL)) == NULL)
		return;
	if (!read_use(r, &use))
		return;
	limits = json_get(mail, "limits");
	if (json_tristate(limits, "enabled") == 1 || json_str(mail, "policy") != NULL) {
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.limits.refused.is_on");
		return;
	}
	if (is_postfix(r) && connect_policy(r, mail))
		return;
	if (!is_postfix(r)) {
		change_limits(r, limits, &w, use, true);
		return;
	}
	mailbox = w.value[0] > 0 ? w.value[0] : mail_use_propose(use, 0);
	if (policy_text(r, mailbox))
		note_stopped(r, use, 0, mailbox);
}

/* Nobody said which: those that are far above what was ever sent. */
static void
want_lower(const struct json *limits, const struct json *use, struct wanted *w)
{
	for (size_t i = 0; i < MAIL_USE_LEVELS; i++) {
		if (!mail_use_too_high(use, i, json_int(limits, mail_use_levels[i], -1)))
			continue;
		w->value[i] = mail_use_propose(use, i);
		w->any = true;
	}
}

static void
plan_set(struct plan_run *r)
{
	const struct json *mail = NULL, *limits, *use;
	struct wanted w;

	if (!read_wanted(r, &w))
		return;
	if (ev_has_panel(r->ev) && (mail = ev_fact(r->ev, "mail_server", NULL)) == NULL)
		return;
	if (!read_use(r, &use))
		return;
	limits = json_get(mail, "limits");
	if (json_tristate(limits, "enabled") == 0 || (is_postfix(r) && json_str(mail, "policy") == NULL)) {
		plan_needs(r, "limits.enable", "fix.limits.refused.off");
		return;
	}
	if (!w.any && !is_postfix(r))
		want_lower(limits, use, &w);
	if (!w.any) {
		plan_refuse(r, REFUSED_INVALID_VALUE, "fix.limits.refused.which");
		return;
	}
	if (is_postfix(r)) {
		r->mode = MODE_COPY;
		plan_message(r, "fix.limits.postfix", "fix.limits.where.postfix");
		plan_message_value(r, "policy", json_str(mail, "policy"));
		plan_message_value(r, "mailbox", arena_printf(r->arena, "%lld",
		    (long long)(w.value[0] > 0 ? w.value[0] : mail_use_propose(use, 0))));
		note_stopped(r, use, 0, w.value[0] > 0 ? w.value[0] : mail_use_propose(use, 0));
		return;
	}
	change_limits(r, limits, &w, use, false);
	if (r->change_count == 0)
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.limits.refused.is_so");
}

/* No call of the panel edits its white list: what to do there is said. */
static void
plan_close_bypass(struct plan_run *r)
{
	const struct json *mail;

	if (!ev_has_panel(r->ev) || strcmp(r->rules->panel_kind, "plesk") != 0) {
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.limits.refused.no_bypass");
		return;
	}
	if ((mail = ev_fact(r->ev, "mail_server", NULL)) == NULL)
		return;
	if (json_tristate(mail, "localhost_whitelisted") == 0) {
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.limits.refused.no_bypass");
		return;
	}
	r->mode = MODE_COPY;
	plan_message(r, "fix.limits.white_list", "fix.limits.where.white_list");
}

const struct fix fix_limits_enable = { .id = "limits.enable", .scope = SCOPE_SERVER, .roles = ROLE_ADMIN,
	.panels = PANEL_PLESK | PANEL_CPANEL | PANEL_POSTFIX,
	.params = { "mailbox", "domain", "subscription" }, .checks_after = { "limits" }, .plan = plan_enable };
const struct fix fix_limits_set = { .id = "limits.set", .scope = SCOPE_SERVER, .roles = ROLE_ADMIN,
	.panels = PANEL_PLESK | PANEL_CPANEL | PANEL_POSTFIX,
	.params = { "mailbox", "domain", "subscription" }, .checks_after = { "limits" }, .plan = plan_set };
const struct fix fix_limits_close_bypass = { .id = "limits.close_bypass", .scope = SCOPE_SERVER,
	.roles = ROLE_ADMIN, .panels = PANEL_PLESK, .checks_after = { "limits" },
	.plan = plan_close_bypass };
