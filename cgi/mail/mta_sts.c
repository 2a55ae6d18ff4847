#include "mail/mta_sts.h"

#include <string.h>

#include "mail/taglist.h"

#define MAX_AGE_MAX_S	31557600	/* RFC 8461 3.2: about a year */

const char *
sts_fault_word(enum sts_fault fault)
{
	static const char *const words[] = {
		[STS_FINE] = "fine", [STS_NONE] = "none", [STS_SEVERAL] = "several",
		[STS_BAD_ID] = "bad_id", [STS_BAD_RECORD] = "bad_record",
		[STS_BAD_VERSION] = "bad_version", [STS_BAD_MODE] = "bad_mode",
		[STS_BAD_MAX_AGE] = "bad_max_age", [STS_NO_MX] = "no_mx",
		[STS_TOO_LARGE] = "too_large", [STS_BAD_TYPE] = "bad_type",
	};

	return words[fault];
}

/* The one TXT that begins with this version; others are no records of the kind. */
static enum sts_fault
one_record(const struct dns_answer *txt, const char *version, struct text *ret)
{
	size_t i, n = 0;

	for (i = 0; txt->outcome == DNS_FOUND && i < txt->count; i++) {
		struct text value = txt->rrs[i].u.txt.joined;

		if (!text_starts(value, version))
			continue;
		*ret = value;
		n++;
	}
	return n == 0 ? STS_NONE : n == 1 ? STS_FINE : STS_SEVERAL;
}

static bool
is_id(struct text id)
{
	size_t i;

	for (i = 0; i < id.n; i++)
		if (!ascii_isalnum((unsigned char)id.p[i]))
			return false;
	return id.n >= 1 && id.n <= 32;
}

enum sts_fault
sts_record(const struct dns_answer *txt)
{
	struct text record, part;
	enum sts_fault fault = one_record(txt, "v=STSv1", &record);
	bool first = true, has_id = false;

	if (fault != STS_FINE)
		return fault;
	while (text_split(&record, ';', &part)) {
		part = text_trim(part);
		if (first && !text_is(part, "v=STSv1"))
			return STS_BAD_RECORD;
		if (!first && text_starts(part, "id=")) {
			if (has_id || !is_id(text_trim(text_skip(part, 3))))
				return STS_BAD_ID;
			has_id = true;
		} else if (!first && part.n > 0 && memchr(part.p, '=', part.n) == NULL)
			return STS_BAD_RECORD;
		first = false;
	}
	return has_id ? STS_FINE : STS_BAD_ID;
}

/* --- the policy --------------------------------------------------------------------------------------------- */

/* Each key once but mx; the first of a repeated one counts (RFC 8461 3.2). */
struct policy_seen { bool version, mode, max_age; };

static enum sts_fault
policy_line(struct text key, struct text value, struct sts_policy *p, struct policy_seen *seen)
{
	if (text_is(key, "version") && !seen->version) {
		seen->version = true;
		return text_is(value, "STSv1") ? STS_FINE : STS_BAD_VERSION;
	}
	if (text_is(key, "mode") && !seen->mode) {
		seen->mode = true;
		if (text_is(value, "enforce"))
			p->mode = STS_MODE_ENFORCE;
		else if (text_is(value, "testing"))
			p->mode = STS_MODE_TESTING;
		else if (!text_is(value, "none"))
			return STS_BAD_MODE;
	} else if (text_is(key, "max_age") && !seen->max_age) {
		seen->max_age = true;
		if (!text_uint(value, MAX_AGE_MAX_S, &p->max_age_s))
			return STS_BAD_MAX_AGE;
	} else if (text_is(key, "mx") && p->mx_count < STS_MX_MAX && value.n > 0)
		p->mx[p->mx_count++] = value;
	return STS_FINE;			/* keys that are not known are ignored */
}

/* RFC 8461 3.2: senders refuse what somebody may have put there as a page of his own. */
bool
sts_media_type(const char *content_type)
{
	struct text rest = text_of(content_type), type;

	return !text_split(&rest, ';', &type) || text_trim(type).n == 0 || text_iis(text_trim(type), "text/plain");
}

enum sts_fault
sts_policy_parse(struct text body, struct sts_policy *ret)
{
	struct policy_seen seen = { false, false, false };
	struct text line, key;
	enum sts_fault fault;

	memset(ret, 0, sizeof(*ret));
	if (body.n > STS_POLICY_MAX)
		return STS_TOO_LARGE;
	while (text_line(&body, &line)) {
		if (!text_split(&line, ':', &key))
			continue;
		fault = policy_line(text_trim(key), text_trim(line), ret, &seen);
		if (fault != STS_FINE)
			return fault;
	}
	if (!seen.version)
		return STS_BAD_VERSION;
	if (!seen.mode)
		return STS_BAD_MODE;
	if (!seen.max_age)
		return STS_BAD_MAX_AGE;
	return ret->mode != STS_MODE_NONE && ret->mx_count == 0 ? STS_NO_MX : STS_FINE;
}

bool
sts_covers(const struct sts_policy *p, struct name mx)
{
	struct text host = text_of(mx.s);
	size_t i;

	for (i = 0; i < p->mx_count; i++) {
		struct text pattern = p->mx[i], rest = host, label;

		if (pattern.n > 0 && pattern.p[pattern.n - 1] == '.')
			pattern.n--;
		if (text_ieq(pattern, host))
			return true;
		if (text_starts(pattern, "*.") && text_split(&rest, '.', &label) &&
		    text_ieq(text_skip(pattern, 2), rest))
			return true;
	}
	return false;
}

/* --- reports ------------------------------------------------------------------------------------------------- */

/* At least one mailto: or https: address (RFC 8460 3). */
static bool
has_address(struct text rua)
{
	struct text one;

	while (text_split(&rua, ',', &one)) {
		one = text_trim(one);
		if (text_istarts(one, "https://") && one.n > 8)
			return true;
		if (text_istarts(one, "mailto:") && memchr(one.p, '@', one.n) != NULL)
			return true;
	}
	return false;
}

enum sts_fault
tls_rpt_record(struct arena *a, const struct dns_answer *txt)
{
	struct taglist_fault why;
	struct taglist list;
	struct text record;
	enum sts_fault fault = one_record(txt, "v=TLSRPTv1", &record);

	if (fault != STS_FINE)
		return fault;
	if (!taglist_parse(a, record, (struct taglist_rules){ false, false }, &list, &why) ||
	    !text_is(list.tags[0].value, "TLSRPTv1") || taglist_get(&list, "rua") == NULL ||
	    !has_address(taglist_get(&list, "rua")->value))
		return STS_BAD_RECORD;
	return STS_FINE;
}
