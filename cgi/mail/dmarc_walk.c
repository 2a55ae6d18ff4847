/* The DNS tree walk, RFC 9989 4.10; see the header. */

#include <string.h>

#include "base/arena.h"
#include "mail/dmarc_walk.h"

const char *
dmarc_status_word(enum dmarc_status status)
{
	static const char *const words[] = { "ok", "none", "invalid", "temperror" };

	return words[status];
}

/* --- the walk ----------------------------------------------------------------------------------- */

/* The names to ask, longest first: 4.10 steps 3, 4 and 7. */
static size_t
plan(struct arena *a, struct name domain, struct dmarc_level levels[DMARC_WALK_MAX])
{
	size_t labels = name_labels(domain), n = 0;

	while (labels > 0 && n < DMARC_WALK_MAX) {
		struct dmarc_level *l = &levels[n++];

		l->domain = domain;
		if (!name_prefix(a, "_dmarc", domain, &l->name))
			l->name.s = NULL;		/* too long to exist */
		labels = labels >= 8 ? 7 : labels - 1;
		domain = name_tail(domain, labels);
	}
	return n;
}

static void
read_level(struct arena *a, struct dmarc_level *l)
{
	size_t i, records = 0;
	struct text text;

	if (l->answer->outcome == DNS_FAILED) {
		l->found = DMARC_FOUND_FAILED;
		return;
	}
	if (l->answer->outcome != DNS_FOUND)
		return;
	for (i = 0; i < l->answer->count; i++) {
		text = l->answer->rrs[i].u.txt.joined;
		if (dmarc_is_record(text) && ++records == 1)
			dmarc_parse(a, text, &l->record, NULL);
	}
	if (records > 1)
		l->found = DMARC_FOUND_SEVERAL;
	else if (records == 1)
		l->found = l->record.usable ? DMARC_FOUND_ONE : DMARC_FOUND_BROKEN;
}

static bool
ends_walk(const struct dmarc_level *l)
{
	return l->found == DMARC_FOUND_FAILED || l->found == DMARC_FOUND_BROKEN ||
	    (l->found == DMARC_FOUND_ONE && l->record.psd != DMARC_PSD_U);
}

bool
dmarc_walk(struct arena *a, const struct dns_source *src, struct name domain,
    struct dmarc_walk *ret)
{
	size_t i, n;

	memset(ret, 0, sizeof(*ret));
	n = plan(a, domain, ret->levels);
	for (i = 0; i < n; i++)
		if (ret->levels[i].name.s != NULL)
			ret->levels[i].answer = dns_ask(src, ret->levels[i].name, RR_TXT);
	for (i = 0; i < n; i++) {
		ret->count = i + 1;
		if (ret->levels[i].name.s == NULL)
			continue;
		if (ret->levels[i].answer == NULL)
			return false;
		read_level(a, &ret->levels[i]);
		if (ends_walk(&ret->levels[i]))
			break;
	}
	return true;
}

static const struct dmarc_level *
last_of(const struct dmarc_walk *w)
{
	return w->count == 0 ? NULL : &w->levels[w->count - 1];
}

static bool
walk_failed(const struct dmarc_walk *w)
{
	return w->count > 0 && last_of(w)->found == DMARC_FOUND_FAILED;
}

/* The shortest name with a usable record; NULL = none. */
static const struct dmarc_level *
shortest(const struct dmarc_walk *w)
{
	size_t i;

	for (i = w->count; i > 0; i--)
		if (w->levels[i - 1].found == DMARC_FOUND_ONE)
			return &w->levels[i - 1];
	return NULL;
}

/* 4.10.2.  psd=y and psd=n end the walk, so they can only be in its last level. */
struct name
dmarc_walk_org(const struct dmarc_walk *w)
{
	const struct dmarc_level *l = shortest(w);

	if (w->count == 0 || walk_failed(w))
		return (struct name){ NULL };
	if (l == NULL)
		return w->levels[0].domain;
	if (l->record.psd == DMARC_PSD_Y && l != &w->levels[0])
		return name_tail(w->levels[0].domain, name_labels(l->domain) + 1);
	return l->domain;
}

/* --- policy ------------------------------------------------------------------------------------- */

/*
 * Which level's record applies (4.10.1): the domain's own, else the
 * organizational domain's, else the public suffix domain's; NULL = none.
 */
static const struct dmarc_level *
deciding(const struct dmarc_walk *w)
{
	const struct dmarc_level *l = shortest(w);
	struct name org;
	size_t i;

	if (w->count > 0 && w->levels[0].found == DMARC_FOUND_ONE)
		return &w->levels[0];
	if (l == NULL)
		return NULL;
	org = dmarc_walk_org(w);
	for (i = 0; i < w->count; i++)
		if (w->levels[i].found == DMARC_FOUND_ONE && name_eq(w->levels[i].domain, org))
			return &w->levels[i];
	return l->record.psd == DMARC_PSD_Y ? l : NULL;
}

static enum known
says(const struct dns_answer *answer)
{
	if (answer->outcome == DNS_FAILED)
		return NOT_KNOWN;
	/* NXDOMAIN at the end of an alias is about the alias' target (RFC 6604 3). */
	if (answer->outcome == DNS_NXDOMAIN && answer->cname.s == NULL)
		return KNOWN_NO;
	return KNOWN_YES;
}

/*
 * Does the domain exist?  NXDOMAIN means no record of any type (RFC 8020), but
 * servers exist that say it of the type alone, so a second type is asked before
 * it is believed.  *failed: the answer that could not be had.  False = pending.
 */
static bool
existence(const struct dns_source *src, struct name domain, enum known *ret,
    const struct dns_answer **failed)
{
	const struct dns_answer *txt = dns_ask(src, domain, RR_TXT), *a;

	if (txt == NULL)
		return false;
	*failed = txt;
	*ret = says(txt);
	if (*ret == KNOWN_YES || (txt->outcome == DNS_FAILED && txt->failure == DNS_TIMEOUT))
		return true;		/* who is silent is silent about the next type as well */
	a = dns_ask(src, domain, RR_A);
	if (a == NULL)
		return false;
	if (says(a) != NOT_KNOWN)
		*ret = says(a);
	return true;
}

/* sp, else p, for a name below the record's: 4.7, 4.10.1. */
static enum dmarc_policy
inherited(const struct dmarc_record *r, const char **tag)
{
	*tag = r->sp != DMARC_ABSENT ? "sp" : "p";
	return r->sp != DMARC_ABSENT ? r->sp : dmarc_own_policy(r);
}

static void
could_not(struct dmarc_lookup *ret, const struct dns_answer *answer)
{
	struct problem *p;

	ret->failure = answer->failure;
	p = problem_add(&ret->problems, PROBLEM_ERROR, "dns_error", answer->name.s);
	problem_value(&ret->problems, p, "reason", text_of(dns_failure_word(answer->failure)));
}

/* np instead of sp or p where the domain does not exist; false = pending. */
static bool
apply_np(const struct dns_source *src, struct dmarc_lookup *ret)
{
	const struct dmarc_record *r = &ret->record;
	const struct dns_answer *answer;

	if (!existence(src, ret->domain, &ret->exists, &answer))
		return false;
	if (ret->exists == KNOWN_NO) {
		ret->policy = r->np;
		ret->policy_tag = "np";
	} else if (ret->exists == NOT_KNOWN && ret->policy != r->np) {
		could_not(ret, answer);
		ret->status = DMARC_STATUS_TEMPERROR;
	}
	return true;
}

/* The record decides; what is left is which of its tags. */
static bool
apply(struct arena *a, const struct dns_source *src, const struct dmarc_level *l,
    struct dmarc_lookup *ret)
{
	dmarc_parse(a, l->record.text, &ret->record, &ret->problems);
	ret->has_record = true;
	ret->found_at = l->name;
	ret->policy_domain = l->domain;
	ret->status = DMARC_STATUS_OK;
	if (name_eq(l->domain, ret->domain)) {
		ret->policy = dmarc_own_policy(&l->record);
		ret->policy_tag = "p";
	} else {
		ret->policy = inherited(&l->record, &ret->policy_tag);
		if (l->record.np != DMARC_ABSENT && !apply_np(src, ret))
			return false;
	}
	if (ret->record.testing)
		ret->policy = dmarc_softer(ret->policy);
	if (ret->status != DMARC_STATUS_OK) {
		ret->policy = DMARC_ABSENT;
		ret->policy_tag = NULL;
	}
	return true;
}

static bool
decide(struct arena *a, const struct dns_source *src, const struct dmarc_walk *w,
    struct dmarc_lookup *ret)
{
	const struct dmarc_level *l = deciding(w), *last = last_of(w);
	bool own = l != NULL && l == &w->levels[0];

	ret->org_domain = dmarc_walk_org(w);
	/* An own record applies whatever is above it; all else needs the whole walk. */
	if (walk_failed(w)) {
		could_not(ret, last->answer);
		if (!own) {
			ret->status = DMARC_STATUS_TEMPERROR;
			return true;
		}
	}
	if (l != NULL)
		return apply(a, src, l, ret);
	if (last != NULL && last->found == DMARC_FOUND_BROKEN) {
		dmarc_parse(a, last->record.text, &ret->record, &ret->problems);
		ret->has_record = true;
		ret->found_at = last->name;
		ret->status = DMARC_STATUS_INVALID;
		return true;
	}
	ret->status = DMARC_STATUS_NONE;
	return true;
}

/* Several records at one name: all are discarded, and the walk goes on. */
static void
report_several(const struct dmarc_walk *w, struct dmarc_lookup *ret)
{
	size_t i;

	for (i = 0; i < w->count; i++)
		if (w->levels[i].found == DMARC_FOUND_SEVERAL)
			problem_add(&ret->problems, PROBLEM_ERROR, "multiple_records",
			    w->levels[i].name.s);
}

/* Does the domain exist, and does a record stand at the domain itself? */
static bool
look_at_domain(const struct dns_source *src, struct dmarc_lookup *ret)
{
	const struct dns_answer *answer;
	size_t i;

	if (!existence(src, ret->domain, &ret->exists, &answer))
		return false;
	for (i = 0; answer->outcome == DNS_FOUND && i < answer->count; i++)
		if (dmarc_is_record(answer->rrs[i].u.txt.joined))
			problem_value(&ret->problems, problem_add(&ret->problems,
			    PROBLEM_WARNING, "wrong_place", ret->domain.s), "value",
			    answer->rrs[i].u.txt.joined);
	return true;
}

bool
dmarc_discover(struct arena *a, const struct dns_source *src, struct name domain,
    enum dmarc_depth depth, struct dmarc_lookup *ret)
{
	struct dmarc_walk walk;
	bool looked = true;

	*ret = (struct dmarc_lookup){ .domain = domain, .exists = NOT_KNOWN,
	    .problems = problems_in(a) };
	if (depth == DMARC_FOR_OWNER)
		looked = look_at_domain(src, ret);
	if (!dmarc_walk(a, src, domain, &walk) || !looked)
		return false;
	report_several(&walk, ret);
	return decide(a, src, &walk, ret);
}

/* --- alignment ---------------------------------------------------------------------------------- */

bool
dmarc_aligned(struct arena *a, const struct dns_source *src, struct name author,
    struct name identifier, bool strict, enum known *ret)
{
	struct dmarc_walk walk;
	struct name org, other;

	*ret = KNOWN_NO;
	if (name_eq(author, identifier))
		*ret = KNOWN_YES;
	if (*ret == KNOWN_YES || strict ||
	    !name_eq(name_tail(author, 1), name_tail(identifier, 1)))
		return true;
	if (!dmarc_walk(a, src, author, &walk))
		return false;
	org = dmarc_walk_org(&walk);
	if (org.s == NULL) {
		*ret = NOT_KNOWN;
		return true;
	}
	if (!name_is_under(identifier, org))
		return true;
	if (!dmarc_walk(a, src, identifier, &walk))
		return false;
	other = dmarc_walk_org(&walk);
	*ret = other.s == NULL ? NOT_KNOWN : name_eq(org, other) ? KNOWN_YES : KNOWN_NO;
	return true;
}

/* --- reports to others -------------------------------------------------------------------------- */

bool
dmarc_consent_name(struct arena *a, struct name policy_domain, struct name receiver,
    struct name *ret)
{
	struct name below;

	return name_prefix(a, "_report._dmarc", receiver, &below) &&
	    name_prefix(a, policy_domain.s, below, ret);
}

bool
dmarc_consent(struct arena *a, const struct dns_source *src, struct name policy_domain,
    struct name receiver, enum dmarc_consent *ret)
{
	const struct dns_answer *answer;
	enum known same;
	struct name name;
	size_t i;

	*ret = DMARC_CONSENT_NOT_NEEDED;
	if (receiver.s == NULL || name_eq(policy_domain, receiver))
		return true;
	*ret = DMARC_CONSENT_MISSING;
	if (!dmarc_consent_name(a, policy_domain, receiver, &name))
		return true;
	answer = dns_ask(src, name, RR_TXT);
	if (!dmarc_aligned(a, src, policy_domain, receiver, false, &same) || answer == NULL)
		return false;
	if (same == KNOWN_YES) {
		*ret = DMARC_CONSENT_NOT_NEEDED;
		return true;
	}
	for (i = 0; answer->outcome == DNS_FOUND && i < answer->count; i++)
		if (dmarc_is_record(answer->rrs[i].u.txt.joined))
			*ret = DMARC_CONSENT_GIVEN;
	if (*ret == DMARC_CONSENT_MISSING &&
	    (answer->outcome == DNS_FAILED || same == NOT_KNOWN))
		*ret = DMARC_CONSENT_UNKNOWN;
	return true;
}
