/* DMARC records that we write; see the header. */

#include "base/arena.h"
#include "base/str.h"
#include "mail/dmarc_edit.h"
#include "mail/taglist.h"

#define RECORD_MAX	4096

/* RFC 9989 4.8: "," and "!" have to be encoded; ";" would end the tag. */
static void
add_encoded(struct str *s, struct text address)
{
	static const char plain[] = "-._~@+=$&'*/?";
	size_t i, at;

	for (i = 0; i < address.n; i++) {
		if (ascii_isalnum((unsigned char)address.p[i]) ||
		    text_find(text_of(plain), (struct text){ &address.p[i], 1 }, &at))
			str_addc(s, address.p[i]);
		else
			str_addf(s, "%%%02X", (unsigned)(unsigned char)address.p[i]);
	}
}

/* An address or a mailto: URI as a URI that every receiver can read. */
static bool
make_uri(struct arena *a, struct text rua, struct text *ret, struct err *err)
{
	struct str s = str_in(a, RECORD_MAX);
	struct dmarc_uri uri;
	bool sized;

	rua = text_trim(rua);
	if (text_istarts(rua, "mailto:"))
		str_addt(&s, rua);
	else {
		str_add(&s, "mailto:");
		add_encoded(&s, rua);
	}
	if (!str_ok(&s) || !dmarc_uri_parse(a, str_text(&s), &uri, &sized) || !uri.mailto ||
	    sized || text_find(str_text(&s), TEXT(";"), &(size_t){ 0 }))
		return err_set(err, ERR_VALUE, "\"%s\" is no address for reports",
		    text_show(a, text_head(rua, 100)));
	*ret = str_text(&s);
	return true;
}

bool
dmarc_make(struct arena *a, enum dmarc_policy policy, struct text rua, struct text *ret,
    struct err *err)
{
	struct str s = str_in(a, RECORD_MAX);
	struct text uri;

	if (policy != DMARC_NONE && policy != DMARC_QUARANTINE)
		return err_set(err, ERR_VALUE, "only none and quarantine are written");
	str_addf(&s, "v=DMARC1; p=%s", dmarc_policy_word(policy));
	if (text_trim(rua).n > 0) {
		if (!make_uri(a, rua, &uri, err))
			return false;
		str_add(&s, "; rua=");
		str_addt(&s, uri);
	}
	*ret = str_text(&s);
	return true;
}

bool
dmarc_merge(struct arena *a, const struct text *records, size_t count, size_t keep,
    struct text *ret, struct err *err)
{
	struct dmarc_record r;

	if (keep >= count)
		return err_set(err, ERR_VALUE, "there are only %zu records", count);
	dmarc_parse(a, records[keep], &r, NULL);
	if (!r.usable)
		return err_set(err, ERR_VALUE, "receivers could not use record %zu", keep);
	*ret = records[keep];
	return true;
}

bool
dmarc_relax(struct arena *a, struct text record, struct text *ret, struct err *err)
{
	struct str s = str_in(a, record.n + 16);
	struct taglist_fault fault;
	struct taglist list;
	struct dmarc_record r;
	const struct tag *p;
	size_t at;

	dmarc_parse(a, record, &r, NULL);
	if (!r.usable ||
	    !taglist_parse(a, record, (struct taglist_rules){ .fold = true }, &list, &fault))
		return err_set(err, ERR_VALUE, "the record cannot be read");
	p = taglist_get(&list, "p");
	if (p == NULL || r.p == DMARC_NONE || r.p == DMARC_ABSENT)
		return err_set(err, ERR_VALUE, "there is no policy to relax");
	at = (size_t)(p->value.p - record.p);
	str_addt(&s, text_head(record, at));
	str_add(&s, "none");
	str_addt(&s, text_skip(record, at + p->value.n));
	*ret = str_text(&s);
	return true;
}
