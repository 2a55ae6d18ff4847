/* `dmarc lookup` as JSON. */

#include "base/arena.h"
#include "tools/dmarc_json.h"

static void
put_known(struct json *into, const char *key, enum known known)
{
	if (known == NOT_KNOWN)
		json_put_null(into, key);
	else
		json_put_bool(into, key, known == KNOWN_YES);
}

static void
put_uris(struct json *into, const char *key, const struct dmarc_uris *uris)
{
	struct json *list = json_put_array(into, key);
	size_t i;

	for (i = 0; i < uris->count; i++)
		json_add_str(list, uris->list[i].uri);
}

/* The record's tags; null where there is no record that could be read. */
static void
put_record(struct json *into, const struct dmarc_lookup *l)
{
	static const char *const psd[] = { "u", "y", "n" };
	const struct dmarc_record *r = &l->record;
	bool readable = l->has_record && r->usable;

	json_put_str(into, "p", dmarc_policy_word(r->p));
	json_put_str(into, "sp", dmarc_policy_word(r->sp));
	json_put_str(into, "np", dmarc_policy_word(r->np));
	json_put_str(into, "adkim", !readable ? NULL : r->adkim_strict ? "s" : "r");
	json_put_str(into, "aspf", !readable ? NULL : r->aspf_strict ? "s" : "r");
	json_put_str(into, "psd", !readable ? NULL : psd[r->psd]);
	put_uris(into, "rua", &r->rua);
	put_uris(into, "ruf", &r->ruf);
	if (l->has_record)
		json_put_text(into, "record", r->text);
	else
		json_put_null(into, "record");
}

static void
put_suffix(struct json *into, struct arena *a, const struct dmarc_question *q)
{
	struct name suffix = { NULL }, registered = { NULL };

	if (q->psl != NULL) {
		suffix = psl_public_suffix(a, q->psl, q->domain);
		registered = psl_registered_domain(a, q->psl, q->domain);
	}
	json_put_str(into, "public_suffix", suffix.s);
	json_put_str(into, "registered_domain", registered.s);
}

/* Will reports reach the receivers that the record names (RFC 9990 4)? */
static bool
check_receivers(struct arena *a, const struct dns_source *src, struct dmarc_lookup *l)
{
	const struct dmarc_uris *lists[] = { &l->record.rua, &l->record.ruf };
	enum dmarc_consent consent;
	struct problem *p;
	bool all = true;
	size_t i, j;

	if (l->status != DMARC_STATUS_OK)
		return true;
	for (i = 0; i < 2; i++)
		for (j = 0; j < lists[i]->count; j++) {
			if (!dmarc_consent(a, src, l->policy_domain, lists[i]->list[j].domain,
			    &consent))
				all = false;
			else if (consent == DMARC_CONSENT_MISSING) {
				p = problem_add(&l->problems, PROBLEM_WARNING,
				    "report_unauthorised", i == 0 ? "rua" : "ruf");
				problem_value(&l->problems, p, "value",
				    text_of(lists[i]->list[j].domain.s));
			}
		}
	return all;
}

bool
dmarc_lookup_tool(struct arena *a, const struct dns_source *src,
    const struct dmarc_question *q, const struct tool_words *words, struct json **ret)
{
	enum known relaxed = NOT_KNOWN, strict = NOT_KNOWN;
	struct dmarc_lookup l;
	struct json *into, *alignment;
	bool all;

	all = dmarc_discover(a, src, q->domain, DMARC_FOR_OWNER, &l);
	if (q->authenticated.s != NULL) {
		all &= dmarc_aligned(a, src, q->domain, q->authenticated, false, &relaxed);
		all &= dmarc_aligned(a, src, q->domain, q->authenticated, true, &strict);
	}
	if (!all || !check_receivers(a, src, &l))
		return false;
	into = json_new_object(a);
	json_put_str(into, "domain", l.domain.s);
	json_put_str(into, "status", dmarc_status_word(l.status));
	put_known(into, "exists", l.exists);
	json_put_str(into, "policy", dmarc_policy_word(l.policy));
	json_put_str(into, "policy_tag", l.policy_tag);
	json_put_bool(into, "testing", l.record.testing);
	json_put_str(into, "policy_domain", l.policy_domain.s);
	json_put_str(into, "found_at", l.found_at.s);
	json_put_str(into, "org_domain", l.org_domain.s);
	put_suffix(into, a, q);
	put_record(into, &l);
	if (q->authenticated.s == NULL)
		json_put_null(into, "alignment");
	else {
		alignment = json_put_object(into, "alignment");
		put_known(alignment, "relaxed", relaxed);
		put_known(alignment, "strict", strict);
	}
	problems_put(into, a, &l.problems, "dmarc", words);
	*ret = into;
	return true;
}
