/* DMARC policy records; see the header. */

#include "base/arena.h"
#include "base/str.h"
#include "mail/dmarc.h"
#include "mail/taglist.h"

#define FAULTS_MAX	1000	/* octets of wrong URIs that are shown */

static const char *const policies[] = { NULL, "none", "quarantine", "reject" };

const char *
dmarc_policy_word(enum dmarc_policy policy)
{
	return policies[policy];
}

bool
dmarc_policy_parse(struct text t, enum dmarc_policy *ret)
{
	enum dmarc_policy p;

	for (p = DMARC_NONE; p <= DMARC_REJECT; p++) {
		if (!text_iis(t, policies[p]))
			continue;
		*ret = p;
		return true;
	}
	return false;
}

enum dmarc_policy
dmarc_softer(enum dmarc_policy policy)
{
	return policy == DMARC_REJECT ? DMARC_QUARANTINE :
	    policy == DMARC_QUARANTINE ? DMARC_NONE : policy;
}

/*
 * dmarc-version = "v" *WSP "=" *WSP %s"DMARC1".  "DMARC10" is another version;
 * "DMARC1 p=none" and "DMARC1, p=none" are this one, written wrongly.
 */
bool
dmarc_is_record(struct text t)
{
	if (t.n == 0 || ascii_tolower((unsigned char)t.p[0]) != 'v')
		return false;
	for (t = text_skip(t, 1); t.n > 0 && (t.p[0] == ' ' || t.p[0] == '\t'); )
		t = text_skip(t, 1);
	if (!text_starts(t, "="))
		return false;
	for (t = text_skip(t, 1); t.n > 0 && (t.p[0] == ' ' || t.p[0] == '\t'); )
		t = text_skip(t, 1);
	if (!text_starts(t, "DMARC1"))
		return false;
	t = text_skip(t, 6);
	return t.n == 0 || !ascii_isalnum((unsigned char)t.p[0]);
}

/* --- tags --------------------------------------------------------------------------------------- */

struct parse {
	struct arena		*arena;
	struct dmarc_record	*record;
	struct problems		*problems;
};

static struct problem *
say(struct parse *p, enum problem_severity severity, const char *code, const char *where,
    struct text value)
{
	struct problem *one;

	if (p->problems == NULL)
		return NULL;
	one = problem_add(p->problems, severity, code, where);
	problem_value(p->problems, one, "value", text_head(value, 200));
	return one;
}

static void
bad_value(struct parse *p, const char *tag, struct text value)
{
	say(p, PROBLEM_WARNING, "bad_value", tag, value);
}

static void
read_policy(struct parse *p, const char *tag, struct text value)
{
	struct dmarc_record *r = p->record;
	enum dmarc_policy *into = tag[0] == 's' ? &r->sp : tag[0] == 'n' ? &r->np : &r->p;

	if (!dmarc_policy_parse(value, into))
		bad_value(p, tag, value);
}

static void
read_mode(struct parse *p, const char *tag, struct text value)
{
	bool *into = tag[1] == 'd' ? &p->record->adkim_strict : &p->record->aspf_strict;

	if (text_iis(value, "s"))
		*into = true;
	else if (!text_iis(value, "r"))
		bad_value(p, tag, value);
}

static void
read_psd(struct parse *p, const char *tag, struct text value)
{
	if (text_iis(value, "y"))
		p->record->psd = DMARC_PSD_Y;
	else if (text_iis(value, "n"))
		p->record->psd = DMARC_PSD_N;
	else if (!text_iis(value, "u"))
		bad_value(p, tag, value);
}

static void
read_testing(struct parse *p, const char *tag, struct text value)
{
	if (text_iis(value, "y"))
		p->record->testing = true;
	else if (!text_iis(value, "n"))
		bad_value(p, tag, value);
}

/* RFC 9989 4.7: a colon-separated list of 0, 1, d, s. */
static void
read_fo(struct parse *p, const char *tag, struct text value)
{
	struct text rest = value, part;
	bool more = true;

	while (taglist_colon(&rest, &more, &part)) {
		if (text_is(part, "0") || text_is(part, "1") || text_iis(part, "d") ||
		    text_iis(part, "s"))
			continue;
		bad_value(p, tag, value);
		return;
	}
}

/* One problem for each kind of fault of a tag's URIs, which are its value. */
struct uri_faults {
	struct str	 bad, sized, other;
};

static void
note_uri(struct str *list, struct text uri)
{
	if (list->n > 0)
		str_add(list, ", ");
	str_addt(list, uri);
	if (list->n == 0)
		str_add(list, ",");		/* an empty element */
}

static void
say_uris(struct parse *p, const char *tag, const struct uri_faults *f)
{
	if (f->bad.n > 0)
		say(p, PROBLEM_WARNING, "bad_report_uri", tag, str_text(&f->bad));
	if (f->sized.n > 0)
		say(p, PROBLEM_INFO, "removed_size", tag, str_text(&f->sized));
	if (f->other.n > 0)
		say(p, PROBLEM_INFO, "not_mailto", tag, str_text(&f->other));
}

static void
read_uris(struct parse *p, const char *tag, struct text value)
{
	struct dmarc_uris *into = tag[2] == 'a' ? &p->record->rua : &p->record->ruf;
	struct dmarc_uri *list = arena_array(p->arena, DMARC_URIS_MAX, sizeof(*list)), one;
	struct uri_faults faults = { str_in(p->arena, FAULTS_MAX), str_in(p->arena, FAULTS_MAX),
	    str_in(p->arena, FAULTS_MAX) };
	struct text rest = value, part;
	size_t n = 0;
	bool sized;

	if (value.n == 0 || text_ends(value, ","))
		note_uri(&faults.bad, TEXT(""));
	while (text_split(&rest, ',', &part)) {
		part = text_trim(part);
		if (!dmarc_uri_parse(p->arena, part, &one, &sized)) {
			note_uri(&faults.bad, part);
			continue;
		}
		if (sized)
			note_uri(&faults.sized, part);
		if (!one.mailto)
			note_uri(&faults.other, part);
		if (n == DMARC_URIS_MAX) {
			say(p, PROBLEM_WARNING, "too_many_uris", tag, TEXT(""));
			break;
		}
		list[n++] = one;
	}
	say_uris(p, tag, &faults);
	into->list = list;
	into->count = n;
}

/* pct, rf, ri: RFC 9989 took them out. */
static void
read_removed(struct parse *p, const char *tag, struct text value)
{
	say(p, PROBLEM_INFO, "removed_tag", tag, value);
}

static void
read_version(struct parse *p, const char *tag, struct text value)
{
	(void)p;			/* seen to by dmarc_is_record and usable_version */
	(void)tag;
	(void)value;
}

static const struct {
	const char	*tag;
	void		(*read)(struct parse *, const char *tag, struct text value);
} known[] = {
	{ "v", read_version },
	{ "p", read_policy }, { "sp", read_policy }, { "np", read_policy },
	{ "adkim", read_mode }, { "aspf", read_mode },
	{ "psd", read_psd }, { "t", read_testing },
	{ "rua", read_uris }, { "ruf", read_uris }, { "fo", read_fo },
	{ "pct", read_removed }, { "rf", read_removed }, { "ri", read_removed },
};

static void
read_tag(struct parse *p, const struct tag *tag)
{
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!text_iis(tag->name, known[i].tag))
			continue;
		known[i].read(p, known[i].tag, tag->value);
		return;
	}
	say(p, PROBLEM_INFO, "unknown_tag", text_show(p->arena, text_head(tag->name, 64)),
	    tag->value);
}

/* --- the record --------------------------------------------------------------------------------- */

static void
judge(struct parse *p)
{
	struct dmarc_record *r = p->record;

	r->usable = r->p != DMARC_ABSENT || r->rua.count > 0;
	if (!r->usable)
		say(p, PROBLEM_ERROR, "no_policy_no_reports", "p", TEXT(""));
	else if (r->p == DMARC_ABSENT)
		say(p, PROBLEM_WARNING, "no_policy", "p", TEXT(""));
}

void
dmarc_parse(struct arena *a, struct text text, struct dmarc_record *ret, struct problems *ps)
{
	struct parse p = { .arena = a, .record = ret, .problems = ps };
	struct taglist_fault fault;
	struct taglist list;
	size_t i;

	*ret = (struct dmarc_record){ .text = text };
	if (!taglist_parse(a, text, (struct taglist_rules){ .fold = true }, &list, &fault)) {
		say(&p, PROBLEM_ERROR, taglist_fault_word(fault.kind), NULL, fault.part);
		return;
	}
	if (!dmarc_is_record(text) || list.count == 0 || !text_is(list.tags[0].value, "DMARC1")) {
		say(&p, PROBLEM_ERROR, "bad_version", "v",
		    list.count > 0 ? list.tags[0].value : TEXT(""));
		return;
	}
	for (i = 0; i < list.count; i++)
		read_tag(&p, &list.tags[i]);
	judge(&p);
}

enum dmarc_policy
dmarc_own_policy(const struct dmarc_record *r)
{
	return r->p != DMARC_ABSENT ? r->p : DMARC_NONE;
}
