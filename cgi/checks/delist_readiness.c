/*
 * May one ask to be taken off a list?  The guide's three conditions, from what
 * the checks before this one found on the server: its identity is right, nothing
 * on it is compromised, and whoever is asked can write to it.  An early request
 * is refused and makes the next one harder.
 *
 * Domains' own records are not looked at here (a server's run knows none): the
 * page of requests adds them from the domains' reports.
 */

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "checks/all.h"
#include "checks/helo_name.h"
#include "checks/mailbox_there.h"
#include "checks/mx_home.h"
#include "checks/ptr_names.h"
#include "checks/sending.h"
#include "evidence/panel_facts.h"
#include "mail/data.h"
#include "mail/psl.h"
#include "mail/ptr_name.h"

static const struct finding_row rows[] = {
	{ "delist_readiness.not_ready", VERDICT_INFORMATION, SEVERITY_NONE, OWNER_PROVIDER, { NULL },
	    .not_yet = true },
	{ "delist_readiness.snds_mailbox_unreachable", VERDICT_WARNING, SEVERITY_MEDIUM, OWNER_PROVIDER,
	    { "ptr.request", "role_mailbox.create" } },
};

static const char *const needs[] = { "helo", "ptr", "egress", "dkim_server", "queue", "antivirus", NULL };

enum condition_id { IDENTITY, NOT_COMPROMISED, CONTACT_MAILBOXES, CONDITIONS };

static const char *const condition_words[] = { "identity", "not_compromised", "contact_mailboxes" };

struct condition { bool broken, unknown; struct json *findings; };

/* --- by other checks ---------------------------------------------------------------------------------------- */

/* being: what must have been looked at before anything good can be said. */
static const struct { enum condition_id condition; const char *check; bool being; } judges[] = {
	{ IDENTITY, "helo", true }, { IDENTITY, "ptr", true }, { IDENTITY, "egress", false },
	{ IDENTITY, "dkim_server", false },
	{ NOT_COMPROMISED, "queue", true }, { NOT_COMPROMISED, "antivirus", false },
};

/* To be refused for reputation is why one asks for removal, no proof that spam is still sent. */
static bool
breaks(const struct finding *f)
{
	return f->verdict == VERDICT_PROBLEM && strcmp(f->id, "queue.rejected_for_reputation") != 0;
}

static void
add_reference(struct run *run, struct condition *c, const char *id, const char *subject)
{
	json_add_str(c->findings, arena_printf(run->arena, "%s@%s", id, subject));
}

/* false = on its way. */
static bool
judge(struct run *run, struct condition *c, const char *check, bool being, const char *subject)
{
	const struct outcome *outcome = run->other(run, check, subject);
	size_t i;

	if (outcome == NULL)
		return false;
	if (outcome->count == 0 && being)
		c->unknown = true;
	for (i = 0; i < outcome->count; i++) {
		const struct finding *f = &outcome->findings[i];

		if (f->verdict == VERDICT_UNKNOWN || (being && f->verdict == VERDICT_NOT_APPLICABLE))
			c->unknown = true;
		else if (breaks(f))
			c->broken = true;
		else
			continue;
		add_reference(run, c, f->id, f->subject);
	}
	return true;
}

/* false = on its way. */
static bool
judge_all(struct run *run, struct condition *conditions, const struct ip *own, size_t own_count)
{
	bool whole = true;
	size_t i, j;

	for (i = 0; i < sizeof(judges) / sizeof(judges[0]); i++) {
		const struct check *check = check_find(judges[i].check);
		struct condition *c = &conditions[judges[i].condition];

		if (check == NULL && !judges[i].being)
			continue;
		if (check == NULL || check->scope != SCOPE_ADDRESS) {
			whole = judge(run, c, judges[i].check, judges[i].being, NULL) && whole;
			continue;
		}
		for (j = 0; j < own_count; j++)
			whole = judge(run, c, check->name, judges[i].being, ip_str(run->arena, own[j])) &&
			    whole;
	}
	return whole;
}

/* --- whom one writes to ------------------------------------------------------------------------------------- */

static const char *const roles[] = { "postmaster", "abuse", "webmaster" };

#define VALIDATED	2	/* of them, Microsoft offers the first two of a reverse name's domain */

enum home { HOME_HERE, HOME_ELSEWHERE, HOME_PROVIDER, HOME_UNKNOWN };

struct base {			/* the organisation's domain of a server's name */
	struct name	 domain;
	struct ip	 address;	/* whose reverse name; family 0: the HELO's */
	bool		 of_helo;	/* the server's own name stands in it, */
	bool		 generic;	/* the reverse name is one of the network's making */
	enum home	 home;
	const char	*missing[3];	/* addresses, in the order of roles */
	size_t		 missing_count, validated_missing;
};

#define BASES_MAX	64

struct bases { struct base list[BASES_MAX]; size_t count; bool unknown; };

/* NULL = the host has none, or there are too many. */
static struct base *
add_base(struct run *run, struct bases *bases, struct name host, struct ip address)
{
	struct name domain = { NULL };
	size_t i;

	if (run->rules->psl != NULL)
		domain = psl_registered_domain(run->arena, run->rules->psl, host);
	else if (name_labels(host) >= 2)
		domain = name_labels(host) > 2 ? name_parent(host) : host;
	if (domain.s == NULL)
		return NULL;
	for (i = 0; i < bases->count; i++)
		if (name_eq(bases->list[i].domain, domain))
			return &bases->list[i];
	if (bases->count == BASES_MAX)
		return NULL;
	bases->list[bases->count] = (struct base){ .domain = domain, .address = address };
	return &bases->list[bases->count++];
}

/* false = on its way. */
static bool
find_bases(struct run *run, struct bases *bases, const struct ip *own, size_t own_count)
{
	struct activation aside;
	struct ptr_names names;
	struct helo_names helo;
	struct base *base;
	struct name name;
	bool whole = true, known;
	size_t i;

	for (i = 0; i < own_count; i++) {
		evidence_begin(run->ev, &aside);
		known = ptr_names(run, own[i], &names);
		evidence_end(run->ev, &aside);
		whole = whole && aside.waiting == 0;
		if (!known)
			bases->unknown = true;
		else if (names.confirmed_count > 0 &&
		    (base = add_base(run, bases, names.confirmed[0], own[i])) != NULL)
			base->generic = ptr_name_is_generic(names.confirmed[0], own[i]);
	}
	evidence_begin(run->ev, &aside);
	known = helo_names(run, &helo);
	evidence_end(run->ev, &aside);
	if (known && helo_fault(helo.name) == HELO_FINE && name_parse(run->arena, text_of(helo.name), &name) &&
	    (base = add_base(run, bases, name, (struct ip){ 0 })) != NULL)
		base->of_helo = true;
	return whole && aside.waiting == 0;
}

static bool
is_own_domain(const struct run *run, struct name domain)
{
	size_t i;

	for (i = 0; i < run->rules->own_domain_count; i++)
		if (host_has_suffix(domain.s, run->rules->own_domains[i]))
			return true;
	return false;
}

/* `main`: the domain whose mailboxes take the mail. */
static void
look_for_roles(struct run *run, struct base *b, struct name main, const struct json *mailboxes)
{
	size_t i;

	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (mailbox_there(mailboxes, arena_printf(run->arena, "%s@%s", roles[i], main.s)))
			continue;
		b->missing[b->missing_count++] = arena_printf(run->arena, "%s@%s", roles[i], b->domain.s);
		b->validated_missing += i < VALIDATED;
	}
}

/* The domain of the panel that this is, or whose alias it is.  *ret.s NULL = none.  false = cannot go on. */
static bool
hosted_as(struct run *run, struct name domain, struct name *ret)
{
	const struct json *domains, *row, *d, *alias;

	if (!ev_fact_member(run->ev, "domains", NULL, domain.s, &row) ||
	    (domains = ev_fact(run->ev, "domains", NULL)) == NULL)
		return false;
	*ret = row != NULL ? domain : (struct name){ NULL };
	for (d = json_first(domains); row == NULL && d != NULL; d = json_next(d))
		for (alias = json_first(json_get(d, "aliases")); alias != NULL; alias = json_next(alias))
			if (json_str(alias, "ascii") != NULL && strcmp(json_str(alias, "ascii"), domain.s) == 0 &&
			    json_tristate(alias, "mail") != 0)
				return name_parse(run->arena, text_of(json_str(d, "ascii")), ret);
	return true;
}

/* Where mail for the domain arrives, and which addresses take it.  false = cannot go on. */
static bool
look_home(struct run *run, struct base *b)
{
	struct run there = *run;
	const struct json *mailboxes;
	struct mx_place place;
	struct name main;

	if (!hosted_as(run, b->domain, &main))
		return false;
	if (main.s == NULL) {
		if (is_own_domain(run, b->domain))
			b->home = HOME_PROVIDER;
		else if (!b->of_helo || b->generic)
			b->home = HOME_ELSEWHERE;
		return true;		/* of whom runs this server, but not in its panel: not known */
	}
	there.domain = b->domain;
	if (!mx_place(&there, &place) || (mailboxes = ev_mailboxes(run->ev, main)) == NULL)
		return false;
	if (place.home == MX_ELSEWHERE)
		return true;		/* its mailboxes are not the panel's: not known */
	b->home = HOME_HERE;
	look_for_roles(run, b, main, mailboxes);
	return true;
}

/* false = on its way. */
static bool
look_homes(struct run *run, struct bases *bases)
{
	bool whole = true;
	size_t i;

	for (i = 0; i < bases->count; i++) {
		struct activation aside;

		bases->list[i].home = HOME_UNKNOWN;
		if (!ev_has_panel(run->ev))
			continue;
		evidence_begin(run->ev, &aside);
		if (!look_home(run, &bases->list[i]))
			bases->list[i].home = HOME_UNKNOWN;
		evidence_end(run->ev, &aside);
		whole = whole && aside.waiting == 0;
	}
	return whole;
}

/* Names of ours decide; when none is, nobody here can tell. */
static void
judge_contact(struct run *run, struct condition *c, const struct bases *bases)
{
	size_t i, here = 0;

	for (i = 0; i < bases->count; i++) {
		const struct base *b = &bases->list[i];

		here += b->home == HOME_HERE;
		if (b->missing_count == 0)
			continue;
		c->broken = true;
		add_reference(run, c, "role_mailboxes.missing", b->domain.s);
	}
	c->unknown = c->unknown || here == 0;
}

/* --- what is said ------------------------------------------------------------------------------------------- */

static void
report_snds(struct run *run, const struct base *b)
{
	struct str list = str_in(run->arena, 512);
	struct finding *f;
	struct json *missing;
	size_t i;

	if (b->address.family == 0 || b->home == HOME_UNKNOWN ||
	    (b->home == HOME_HERE && b->validated_missing == 0))
		return;
	f = report(run, "delist_readiness.snds_mailbox_unreachable", NULL);
	if (b->home != HOME_HERE)
		finding_variant(run, f, b->home == HOME_PROVIDER ? "provider" : "elsewhere");
	json_put_str(f->data, "address", ip_str(run->arena, b->address));
	json_put_str(f->data, "domain", b->domain.s);
	json_put_bool(f->data, "hosted", b->home == HOME_HERE);
	missing = json_put_array(f->data, "missing");
	for (i = 0; i < b->missing_count && i < b->validated_missing; i++) {
		json_add_str(missing, b->missing[i]);
		str_addf(&list, "%s%s", i == 0 ? "" : ", ", b->missing[i]);
	}
	finding_value(f, "address", ip_str(run->arena, b->address));
	finding_value(f, "domain", b->domain.s);
	finding_value(f, "missing", list.n == 0 ? "-" : list.p);
}

static const char *
references(struct run *run, const struct condition *conditions)
{
	struct str list = str_in(run->arena, 2048);
	const struct json *v;
	size_t i;

	for (i = 0; i < CONDITIONS; i++)
		for (v = json_first(conditions[i].findings); v != NULL; v = json_next(v))
			str_addf(&list, "%s%s", list.n == 0 ? "" : ", ", json_value_str(v));
	return list.p;
}

/* Which mailboxes Microsoft will offer, by reverse name, and whether they are here (null = not known). */
static void
put_validation(struct run *run, const struct bases *bases)
{
	struct json *list = json_put_array(run_data(run), "validation");
	size_t i, j, k;

	for (i = 0; i < bases->count; i++) {
		const struct base *b = &bases->list[i];
		struct json *one, *mailboxes;

		if (b->address.family == 0)
			continue;
		one = json_add_object(list);
		json_put_str(one, "address", ip_str(run->arena, b->address));
		json_put_str(one, "domain", b->domain.s);
		mailboxes = json_put_array(one, "mailboxes");
		for (j = 0; j < VALIDATED; j++) {
			const char *address = arena_printf(run->arena, "%s@%s", roles[j], b->domain.s);
			struct json *mailbox = json_add_object(mailboxes);
			bool missing = b->home != HOME_HERE;

			for (k = 0; k < b->missing_count; k++)
				missing = missing || strcmp(b->missing[k], address) == 0;
			json_put_str(mailbox, "address", address);
			if (b->home == HOME_UNKNOWN)
				json_put_null(mailbox, "here");
			else
				json_put_bool(mailbox, "here", !missing);
		}
	}
}

static void
report_conditions(struct run *run, const struct condition *conditions)
{
	struct json *list = json_put_array(run_data(run), "conditions");
	const char *broken = NULL;
	bool several = false, unknown = false;
	struct finding *f;
	size_t i;

	for (i = 0; i < CONDITIONS; i++) {
		struct json *one = json_add_object(list);

		json_put_str(one, "id", condition_words[i]);
		if (conditions[i].unknown && !conditions[i].broken)
			json_put_null(one, "met");
		else
			json_put_bool(one, "met", !conditions[i].broken);
		json_put_copy(one, "findings", conditions[i].findings);
		several = several || (conditions[i].broken && broken != NULL);
		broken = conditions[i].broken ? condition_words[i] : broken;
		unknown = unknown || conditions[i].unknown;
	}
	if (broken != NULL) {
		f = report(run, "delist_readiness.not_ready", NULL);
		if (!several)
			finding_variant(run, f, broken);
		finding_value(f, "findings", references(run, conditions));
	} else if (unknown && !ev_has_panel(run->ev))
		report_not_applicable(run, "no_panel");
	else if (unknown)
		report_unknown(run, "conditions_open");
}

static void
check(struct run *run)
{
	struct condition conditions[CONDITIONS] = { { 0 } };
	struct bases *bases = arena_zalloc(run->arena, sizeof(*bases));
	const struct ip *own;
	size_t count, i;
	bool whole;

	if (!server_sending(run, &own, &count))
		return;
	if (count == 0) {
		report_not_applicable(run, "no_addresses");
		return;
	}
	for (i = 0; i < CONDITIONS; i++)
		conditions[i].findings = json_new_array(run->arena);
	whole = judge_all(run, conditions, own, count);		/* ask wide, then read */
	if (!find_bases(run, bases, own, count) || !look_homes(run, bases) || !whole)
		return;
	judge_contact(run, &conditions[CONTACT_MAILBOXES], bases);
	put_validation(run, bases);
	report_conditions(run, conditions);
	for (i = 0; i < bases->count; i++)
		report_snds(run, &bases->list[i]);
}

const struct check check_delist_readiness = {
	"delist_readiness", SCOPE_SERVER, "delist", rows, sizeof(rows) / sizeof(rows[0]), check,
	.needs = needs,
};
