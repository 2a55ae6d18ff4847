/* One message, all verifications; see the header. */

#include "base/arena.h"
#include "mail/verify.h"

const char *
dmarc_result_word(enum dmarc_result result)
{
	static const char *const words[] = { "pass", "fail", "none", "temperror", "permerror" };

	return words[result];
}

/* --- the author --------------------------------------------------------------------------------- */

/* RFC 9989 5.3.1: exactly one From field, exactly one domain in it. */
static void
read_from(struct arena *a, const struct message *m, struct verify *v)
{
	const struct message_field **fields;
	struct from from;
	size_t n;

	fields = message_fields_of(a, m, "from", &n);
	if (n == 0) {
		problem_add(&v->problems, PROBLEM_ERROR, "no_from", NULL);
		return;
	}
	if (n > 1) {
		problem_value_int(&v->problems, problem_add(&v->problems, PROBLEM_ERROR,
		    "several_from_fields", NULL), "count", (int64_t)n);
		return;
	}
	from_parse(a, fields[0]->value, &from);
	if (from.count > 1) {
		problem_value_int(&v->problems, problem_add(&v->problems, PROBLEM_ERROR,
		    "several_from_domains", NULL), "count", (int64_t)from.count);
		return;
	}
	if (from.count == 0 || from.unreadable) {
		problem_value(&v->problems, problem_add(&v->problems, PROBLEM_ERROR,
		    "unreadable_from", NULL), "value",
		    text_head(text_trim(message_unfold(a, fields[0]->value)), 200));
		return;
	}
	if (from.malformed)
		problem_add(&v->problems, PROBLEM_WARNING, "from_syntax", NULL);
	v->from_domain = from.domains[0];
}

/* --- questions ---------------------------------------------------------------------------------- */

/* All that DMARC has to know; everything is asked before anything is awaited. */
static bool
ask_dmarc(struct arena *a, const struct dns_source *src, const struct verify_input *in,
    struct verify *v)
{
	bool all, strict_dkim, strict_spf, ok;
	size_t i;

	for (i = 0; i < v->dkim.count; i++)
		v->aligned[i] = NOT_KNOWN;
	v->spf_aligned = NOT_KNOWN;
	if (v->from_domain.s == NULL)
		return true;
	all = dmarc_discover(a, src, v->from_domain, DMARC_FOR_MAIL, &v->policy);
	ok = all && v->policy.status == DMARC_STATUS_OK;
	strict_dkim = ok && v->policy.record.adkim_strict;
	strict_spf = ok && v->policy.record.aspf_strict;
	for (i = 0; i < v->dkim.count; i++)
		if (v->dkim.checks[i].sig.domain.s != NULL &&
		    !dmarc_aligned(a, src, v->from_domain, v->dkim.checks[i].sig.domain,
		    strict_dkim, &v->aligned[i]))
			all = false;
	if (in->spf != VERIFY_SPF_NOT_CHECKED && in->spf_domain.s != NULL &&
	    !dmarc_aligned(a, src, v->from_domain, in->spf_domain, strict_spf, &v->spf_aligned))
		all = false;
	return all;
}

/* --- the verdict -------------------------------------------------------------------------------- */

/*
 * A pass that is aligned decides.  Without one, what could not be found out
 * about an aligned identifier leaves the whole open (RFC 9989 5.3.6).
 */
static void
count_identifiers(struct verify *v, bool *open)
{
	enum dkim_result result;
	size_t i;

	*open = false;
	for (i = 0; i < v->dkim.count; i++) {
		result = v->dkim.checks[i].result;
		if (result == DKIM_PASS && v->aligned[i] == KNOWN_YES)
			v->dkim_pass = true;
		else if ((result == DKIM_PASS || result == DKIM_TEMPERROR) &&
		    v->aligned[i] != KNOWN_NO)
			*open = true;
	}
	if (v->spf == VERIFY_SPF_PASS && v->spf_aligned == KNOWN_YES)
		v->spf_pass = true;
	else if ((v->spf == VERIFY_SPF_PASS || v->spf == VERIFY_SPF_TEMPERROR) &&
	    v->spf_aligned != KNOWN_NO)
		*open = true;
}

static enum dmarc_result
judge(struct verify *v)
{
	bool open;

	v->disposition = DMARC_NONE;
	if (v->from_domain.s == NULL)
		return DMARC_RESULT_PERMERROR;
	count_identifiers(v, &open);
	switch (v->policy.status) {
	case DMARC_STATUS_NONE:
		return DMARC_RESULT_NONE;
	case DMARC_STATUS_INVALID:
		return DMARC_RESULT_PERMERROR;
	case DMARC_STATUS_TEMPERROR:
		return DMARC_RESULT_TEMPERROR;
	case DMARC_STATUS_OK:
		break;
	}
	if (v->dkim_pass || v->spf_pass)
		return DMARC_RESULT_PASS;
	if (open)
		return DMARC_RESULT_TEMPERROR;
	v->disposition = v->policy.policy;
	return DMARC_RESULT_FAIL;
}

static void
report(struct arena *a, const struct verify_input *in, struct verify *v)
{
	const struct dkim_check *c;
	struct problem *p;
	const char *where;
	size_t i;

	if (v->dkim.present > v->dkim.count) {
		p = problem_add(&v->problems, PROBLEM_WARNING, "too_many_signatures", NULL);
		problem_value_int(&v->problems, p, "count", (int64_t)v->dkim.present);
		problem_value_int(&v->problems, p, "limit", DKIM_SIGNATURES_MAX);
	}
	if (in->message->fields_left_out)
		problem_value_int(&v->problems, problem_add(&v->problems, PROBLEM_WARNING,
		    "too_many_fields", NULL), "limit", MESSAGE_FIELDS_MAX);
	for (i = 0; i < v->dkim.count; i++) {
		c = &v->dkim.checks[i];
		where = arena_printf(a, "dkim[%u]", c->index);
		if (c->unsigned_body)
			problem_value_int(&v->problems, problem_add(&v->problems,
			    PROBLEM_WARNING, "unsigned_body", where), "bytes",
			    (int64_t)c->unsigned_bytes);
		if (c->result == DKIM_PASS && c->sig.signed_at > in->now)
			problem_add(&v->problems, PROBLEM_INFO, "signed_in_future", where);
		if (c->testing)
			problem_add(&v->problems, PROBLEM_INFO, "key_in_test_mode", where);
	}
}

bool
verify_message(struct arena *a, const struct dns_source *src, const struct verify_input *in,
    struct verify *ret)
{
	bool all = true;

	*ret = (struct verify){ .problems = problems_in(a), .spf = in->spf };
	read_from(a, in->message, ret);
	dkim_read(a, in->message, in->now, &ret->dkim);
	arc_read(a, in->message, in->now, &ret->arc);
	all &= dkim_ask(a, src, &ret->dkim);
	all &= arc_ask(a, src, &ret->arc);
	all &= ask_dmarc(a, src, in, ret);
	if (!all)
		return false;
	dkim_verify(a, in->message, &ret->dkim);
	arc_verify(a, in->message, &ret->arc);
	ret->dmarc = judge(ret);
	report(a, in, ret);
	return true;
}
