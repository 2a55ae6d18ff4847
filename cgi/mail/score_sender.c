/* Who sent the message: SPF, DKIM, DMARC, the address's names, what lists say. */

#include <string.h>

#include "base/arena.h"
#include "mail/ptr_name.h"
#include "mail/score_parts.h"

#define LISTED_MAX	30	/* tenths: more lists say no more */

/* --- SPF ---------------------------------------------------------------------------------------------- */

static const struct { enum spf_result result; const char *code; enum problem_severity severity; int points; const char *fix; }
spf_rows[] = {
	{ SPF_FAIL,		"spf_fail",		PROBLEM_ERROR,		-15, "spf.authorise" },
	{ SPF_SOFTFAIL,		"spf_softfail",		PROBLEM_WARNING,	-10, "spf.authorise" },
	{ SPF_NEUTRAL,		"spf_neutral",		PROBLEM_WARNING,	-5, "spf.authorise" },
	{ SPF_NONE,		"spf_none",		PROBLEM_ERROR,		-10, "spf.publish" },
	{ SPF_PERMERROR,	"spf_permerror",	PROBLEM_ERROR,		-10, "spf.repair" },
	{ SPF_TEMPERROR,	"spf_unknown",		PROBLEM_INFO,		0, NULL },
};

static void
judge_spf(struct score_items *items, const struct score_outside *o)
{
	struct score_item *item;

	if (!o->spf_checked) {
		score_add(items, "sender_unknown", PROBLEM_INFO, 0, NULL);
		return;
	}
	for (size_t i = 0; i < sizeof(spf_rows) / sizeof(spf_rows[0]); i++) {
		if (spf_rows[i].result != o->spf)
			continue;
		item = score_add(items, spf_rows[i].code, spf_rows[i].severity, spf_rows[i].points, spf_rows[i].fix);
		score_value(items, item, "domain", text_of(o->spf_domain));
		score_value(items, item, "address", text_of(ip_str(items->arena, o->address)));
		return;
	}
}

/* --- DKIM --------------------------------------------------------------------------------------------- */

static const char *
dkim_fix(const struct dkim_check *check)
{
	switch (check->reason) {
	case DKIM_KEY_IS_MISSING:
	case DKIM_KEY_IS_REVOKED:
	case DKIM_KEY_IS_INVALID:
	case DKIM_KEY_IS_UNSUPPORTED:
	case DKIM_SIGNATURE_MISMATCH:
		return "dkim.publish";
	case DKIM_WEAK_KEY:
		return "dkim.rotate";
	default:
		return NULL;
	}
}

static void
dkim_item(struct score_items *items, const char *code, enum problem_severity severity, int points,
    const struct dkim_check *check)
{
	struct score_item *item = score_add(items, code, severity, points, check == NULL ? "dkim.enable" :
	    dkim_fix(check));

	if (check == NULL)
		return;
	score_value(items, item, "domain", text_of(check->sig.domain.s == NULL ? "?" : check->sig.domain.s));
	score_value(items, item, "selector", text_of(check->sig.selector.s == NULL ? "?" : check->sig.selector.s));
	score_value(items, item, "reason", text_of(dkim_reason_word(check->reason)));
}

/* One good signature is enough; those that fail beside it are only told. */
static void
judge_dkim(struct score_items *items, const struct verify *v)
{
	const struct dkim_check *good = NULL, *open = NULL, *weak = NULL, *bad = NULL;
	bool aligned = false;

	for (size_t i = 0; i < v->dkim.count; i++) {
		const struct dkim_check *c = &v->dkim.checks[i];

		if (c->result == DKIM_PASS) {
			bool own = v->aligned[i] != KNOWN_NO;

			/* Of several the one that says most: From's domain, then the whole body. */
			if (good == NULL || (own && !aligned) ||
			    (own == aligned && good->unsigned_body && !c->unsigned_body))
				good = c;
			aligned = aligned || own;
		} else if (c->result == DKIM_TEMPERROR)
			open = open != NULL ? open : c;
		else if (c->result == DKIM_POLICY)
			weak = weak != NULL ? weak : c;
		else
			bad = bad != NULL ? bad : c;
	}
	if (v->dkim.present == 0)
		dkim_item(items, "dkim_missing", PROBLEM_ERROR, -10, NULL);
	else if (good == NULL && open != NULL)
		dkim_item(items, "dkim_unknown", PROBLEM_INFO, 0, open);
	else if (good == NULL && weak != NULL)
		dkim_item(items, "dkim_weak", PROBLEM_ERROR, -10, weak);
	else if (good == NULL && bad != NULL)
		dkim_item(items, "dkim_fail", PROBLEM_ERROR, -15, bad);
	else if (good != NULL && v->from_domain.s != NULL && !aligned)
		dkim_item(items, "dkim_unaligned", PROBLEM_WARNING, -5, good);
	if (good != NULL && bad != NULL)
		dkim_item(items, "dkim_other_fails", PROBLEM_INFO, 0, bad);
	if (good != NULL && good->unsigned_body)
		dkim_item(items, "dkim_unsigned_body", PROBLEM_WARNING, -3, good);
	if (good != NULL && good->testing)
		dkim_item(items, "dkim_testing", PROBLEM_INFO, 0, good);
	if (good != NULL && good->sig.key_type == KEY_RSA && good->bits > 0 && good->bits < 2048)
		dkim_item(items, "dkim_short_key", PROBLEM_INFO, 0, good);
}

/* --- DMARC -------------------------------------------------------------------------------------------- */

static void
judge_dmarc(struct score_items *items, const struct score_outside *o)
{
	const struct verify *v = o->verify;
	struct score_item *item = NULL;
	bool harsh;

	if (v->from_domain.s == NULL)
		return;			/* From is told already */
	switch (v->dmarc) {
	case DMARC_RESULT_PASS:
		return;
	case DMARC_RESULT_NONE:
		item = score_add(items, "dmarc_missing", PROBLEM_WARNING, -10, "dmarc.publish");
		break;
	case DMARC_RESULT_PERMERROR:
		item = score_add(items, "dmarc_invalid", PROBLEM_WARNING, -10, "dmarc.publish");
		break;
	case DMARC_RESULT_TEMPERROR:
		item = score_add(items, "dmarc_unknown", PROBLEM_INFO, 0, NULL);
		break;
	case DMARC_RESULT_FAIL:
		/* SPF could still have saved it. */
		if (!o->spf_checked) {
			item = score_add(items, "dmarc_open", PROBLEM_INFO, 0, NULL);
			break;
		}
		harsh = v->disposition != DMARC_NONE;
		item = score_add(items, "dmarc_fail", PROBLEM_ERROR, harsh ? -30 : -15, NULL);
		break;
	}
	score_value(items, item, "domain", text_of(v->from_domain.s));
	score_value(items, item, "policy", text_of(dmarc_policy_word(v->policy.policy)));
}

/* --- the address ------------------------------------------------------------------------------------------ */

static struct score_item *
address_item(struct score_items *items, const struct score_outside *o, const char *code,
    enum problem_severity severity, int points, const char *fix)
{
	struct score_item *item = score_add(items, code, severity, points, fix);

	score_value(items, item, "address", text_of(ip_str(items->arena, o->address)));
	score_value(items, item, "name", text_of(o->ptr_name.s == NULL ? "" : o->ptr_name.s));
	score_value(items, item, "helo", text_of(o->helo == NULL ? "" : o->helo));
	return item;
}

static void
judge_ptr(struct score_items *items, const struct score_outside *o)
{
	switch (o->ptr) {
	case SCORE_PTR_MISSING:
		address_item(items, o, "ptr_missing", PROBLEM_ERROR, -20, "ptr.request");
		break;
	case SCORE_PTR_UNCONFIRMED:
		address_item(items, o, "ptr_unconfirmed", PROBLEM_ERROR, -15, "ptr.request");
		break;
	case SCORE_PTR_CONFIRMED:
		if (ptr_name_is_generic(o->ptr_name, o->address))
			address_item(items, o, "ptr_generic", PROBLEM_WARNING, -5, "ptr.request");
		break;
	case SCORE_PTR_UNKNOWN:
		address_item(items, o, "ptr_unknown", PROBLEM_INFO, 0, NULL);
		break;
	}
}

static void
judge_helo(struct score_items *items, const struct score_outside *o)
{
	if (o->helo == NULL)
		return;
	if (helo_fault(o->helo) != HELO_FINE)
		address_item(items, o, "helo_invalid", PROBLEM_ERROR, -10, "hostname.set");
	else if (o->helo_address == SCORE_HELO_NO_ADDRESS)
		address_item(items, o, "helo_unresolved", PROBLEM_WARNING, -5, "hostname.set");
	else if (o->helo_address == SCORE_HELO_OTHER)
		address_item(items, o, "helo_other", PROBLEM_WARNING, -5, "hostname.set");
}

/* --- lists -------------------------------------------------------------------------------------------------- */

static void
judge_lists(struct score_items *items, const struct score_outside *o)
{
	static const int points_of[] = { [WEIGHT_HIGH] = -20, [WEIGHT_MEDIUM] = -10, [WEIGHT_LOW] = -3,
	    [WEIGHT_IGNORE] = 0 };
	struct score_item *item;
	int cost = 0, points;

	for (size_t i = 0; i < o->listing_count && i < 50; i++) {
		const struct score_listing *l = &o->listings[i];

		points = l->counts ? points_of[l->weight] : 0;
		if (cost + points < -LISTED_MAX)
			points = -LISTED_MAX - cost;
		cost += points;
		item = score_add(items, l->domain ? l->own ? "domain_listed" : "link_listed" : "address_listed",
		    !l->counts || l->weight == WEIGHT_LOW || l->weight == WEIGHT_IGNORE ? PROBLEM_INFO :
		    l->weight == WEIGHT_HIGH ? PROBLEM_ERROR : PROBLEM_WARNING, points,
		    l->domain && !l->own ? NULL : "delist.request");
		score_value(items, item, "list", text_of(l->list));
		score_value(items, item, "subject", text_of(l->subject));
	}
	if (o->lists_silent > 0) {
		item = score_add(items, "lists_silent", PROBLEM_INFO, 0, NULL);
		score_value_int(items, item, "count", (int64_t)o->lists_silent);
		score_value_int(items, item, "asked", (int64_t)o->lists_asked);
	}
}

/* --- what fits together only with all of it ------------------------------------------------------------------ */

static bool
signs(const struct score_content *c, const struct verify *v, struct name host)
{
	for (size_t i = 0; i < v->dkim.count; i++)
		if (v->dkim.checks[i].result == DKIM_PASS &&
		    score_same_domain(c->items.arena, c->psl, v->dkim.checks[i].sig.domain, host))
			return true;
	return false;
}

/* The number comes from who wrote, who signed or who sent it; another one looks made up. */
static void
judge_message_id(struct score_items *items, const struct score_content *c, const struct score_outside *o)
{
	struct name host, other;
	struct text at;
	const char *sent[] = { o->helo, o->spf_domain };

	if (!score_message_id_host(c, &host) || c->from.s == NULL || score_has(&c->items, "message_id_local") ||
	    score_same_domain(items->arena, c->psl, host, c->from) || signs(c, o->verify, host) ||
	    score_freemail(c->data, score_domain(items->arena, c->psl, host).s))	/* a large provider's: it sends for many domains */
		return;
	for (size_t i = 0; i < 2; i++)
		if (sent[i] != NULL && name_parse(items->arena, text_of(sent[i]), &other) &&
		    score_same_domain(items->arena, c->psl, host, other))
			return;
	at = text_of(host.s);
	score_value(items, score_add(items, "message_id_foreign", PROBLEM_INFO, -2, NULL), "host", at);
}

static bool
covers(const struct signature *sig, const char *name)
{
	for (size_t i = 0; i < sig->header_count; i++)
		if (text_iis(text_trim(sig->headers[i]), name))
			return true;
	return false;
}

/* RFC 8058 4: both fields must be covered by a valid signature. */
static void
judge_unsubscribe_signed(struct score_items *items, const struct score_content *c, const struct verify *v)
{
	bool any = false;

	if (!c->bulk || message_field_count(items->arena, c->message, "list-unsubscribe") == 0 ||
	    message_field_count(items->arena, c->message, "list-unsubscribe-post") == 0)
		return;
	for (size_t i = 0; i < v->dkim.count; i++) {
		if (v->dkim.checks[i].result != DKIM_PASS)
			continue;
		any = true;
		if (covers(&v->dkim.checks[i].sig, "list-unsubscribe") &&
		    covers(&v->dkim.checks[i].sig, "list-unsubscribe-post"))
			return;
	}
	if (any)
		score_add(items, "unsubscribe_unsigned", PROBLEM_WARNING, -5, NULL);
}

static void
judge_filters(struct score_items *items, const struct score_outside *o)
{
	for (size_t i = 0; i < o->filter_count; i++) {
		const struct score_filter *f = &o->filters[i];
		struct score_item *item;
		bool spam, near;

		if (f->silent) {
			score_value(items, score_add(items, "filter_silent", PROBLEM_INFO, 0, NULL), "filter",
			    text_of(f->name));
			continue;
		}
		spam = f->spam || f->points >= f->limit;
		near = !spam && f->points >= f->limit / 2;
		item = score_add(items, spam ? "filter_spam" : near ? "filter_near" : "filter_clean",
		    spam ? PROBLEM_ERROR : near ? PROBLEM_WARNING : PROBLEM_INFO, spam ? -20 : near ? -10 : 0, NULL);

		score_value(items, item, "filter", text_of(f->name));
		score_value(items, item, "points", text_of(arena_printf(items->arena, "%.1f", f->points)));
		score_value(items, item, "limit", text_of(arena_printf(items->arena, "%.1f", f->limit)));
		score_value(items, item, "rules", text_of(f->rules[0] == '\0' ? "-" : f->rules));
	}
}

void
score_sender(struct score_items *items, const struct score_content *c, const struct score_outside *o)
{
	judge_spf(items, o);
	judge_dkim(items, o->verify);
	judge_dmarc(items, o);
	if (o->address.family != 0) {
		judge_ptr(items, o);
		judge_helo(items, o);
		if (o->in_clear)
			address_item(items, o, "tls_missing", PROBLEM_WARNING, -5, NULL);
	}
	judge_lists(items, o);
	judge_message_id(items, c, o);
	judge_unsubscribe_signed(items, c, o->verify);
	judge_filters(items, o);
}
