#include "mail/dsn.h"

#include <string.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/name.h"
#include "base/str.h"
#include "mail/mailaddr.h"

#define FIELD_MAX	4096		/* bytes of one field that are kept */

/* --- values ------------------------------------------------------------------------------------- */

struct text
dsn_one_line(struct arena *a, struct text t, size_t max)
{
	struct str	s;
	bool		plain = t.n <= max;

	t = text_trim(t);
	for (size_t i = 0; i < t.n && plain; i++)
		plain = !ascii_isspace((unsigned char)t.p[i]) || (t.p[i] == ' ' && t.p[i + 1] != ' ');
	if (plain)				/* the usual case costs nothing */
		return t;
	s = str_in(a, max);
	for (size_t i = 0; i < t.n && s.n < max; i++) {
		bool	blank = ascii_isspace((unsigned char)t.p[i]);

		if (blank && s.n > 0 && s.p[s.n - 1] == ' ')
			continue;
		str_addc(&s, blank ? ' ' : t.p[i]);
	}
	return text_trim(str_text(&s));
}

struct text
dsn_untyped(struct text t, struct text *type)
{
	size_t	n = 0;

	t = text_trim(t);
	while (n < t.n && (ascii_isalnum((unsigned char)t.p[n]) || t.p[n] == '-' || t.p[n] == '_'))
		n++;
	if (n == 0 || n > 30 || n == t.n)
		return t;
	for (size_t k = n; k < t.n; k++) {		/* "smtp ; 550" */
		if (t.p[k] == ';') {
			if (type != NULL)
				*type = text_head(t, n);
			return text_trim(text_skip(t, k + 1));
		}
		if (t.p[k] != ' ' && t.p[k] != '\t')
			break;
	}
	return t;
}

const char *
dsn_mta(struct arena *a, struct text t)
{
	struct text	 rest = dsn_untyped(t, NULL);
	struct name	 name;
	struct ip	 ip;
	size_t		 n = 0;

	if (rest.n > 0 && rest.p[0] == '[')
		rest = text_skip(rest, 1);
	while (n < rest.n && !ascii_isspace((unsigned char)rest.p[n]) &&
	    strchr("([])<>;,\"'", rest.p[n]) == NULL)
		n++;
	rest = text_head(rest, n);
	while (rest.n > 0 && rest.p[rest.n - 1] == '.')
		rest.n--;
	if (text_istarts(rest, "IPv6:"))
		rest = text_skip(rest, 5);
	if (rest.n == 0 || rest.n > 253)
		return NULL;
	if (ip_parse(rest, &ip))
		return ip_str(a, ip);
	for (size_t i = 0; i < rest.n; i++)		/* "mx.example.net:25" */
		if (rest.p[i] == ':')
			rest.n = i;
	if (memchr(rest.p, '@', rest.n) != NULL || !name_from_person(a, rest, &name, NULL))
		return NULL;
	return name.s;
}

/*
 * An address field: "rfc822; <a@b>", "utf-8; ...", "RFC822;a@b (comment)".
 * RFC 6533 3: \x{HEX} stands for characters that do not fit the field.
 */
static bool
address_of(struct arena *a, struct text v, struct text *ret)
{
	struct text	 type = { NULL, 0 }, value = dsn_untyped(v, &type);

	(void)a;
	if (type.p != NULL && !text_iis(type, "rfc822") && !text_iis(type, "utf-8") &&
	    !text_istarts(type, "rfc") && !text_iis(type, "smtp") && !text_iis(type, "local") &&
	    !text_iis(type, "unknown"))
		return false;
	if (mailaddr_only(value, ret))
		return true;
	return mailaddr_field(value, ret);
}

static enum dsn_action
action_of(struct text v)
{
	static const struct { const char *word; enum dsn_action action; } words[] = {
		{ "fail",	DSN_FAILED },		/* "failure", "failed (bad address)" */
		{ "delay",	DSN_DELAYED },
		{ "deferred",	DSN_DELAYED },
		{ "delivered",	DSN_DELIVERED },
		{ "relay",	DSN_RELAYED },
		{ "expand",	DSN_EXPANDED },
		{ "expired",	DSN_FAILED },
		{ "bounce",	DSN_FAILED },
		{ "error",	DSN_FAILED },
	};

	v = text_trim(v);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (text_istarts(v, words[i].word))
			return words[i].action;
	return DSN_NONE;
}

const char *
dsn_action_word(enum dsn_action a)
{
	static const char *const words[] = { "failed", "failed", "delayed", "delivered", "relayed", "expanded" };

	return words[a];
}

/* --- fields ------------------------------------------------------------------------------------- */

struct reader {
	struct arena	*arena;
	struct dsn	*dsn;
	size_t		 size;
	struct dsn_recipient *r;	/* the group being read; NULL = the message's */
	bool		 final, original;	/* fields this group has had */
	bool		 blank;		/* an empty line stood since its last field */
	size_t		 expected;	/* recipients, counted beforehand: no room is wasted */
};

enum dsn_field {
	F_REPORTING_MTA, F_SENDER, F_FINAL, F_ORIGINAL, F_ACTION, F_STATUS, F_REMOTE, F_DIAGNOSTIC, F_MORE,
};

static const struct { const char *name; enum dsn_field field; } fields[] = {
	{ "Reporting-MTA",		F_REPORTING_MTA },	/* RFC 3464 2.2.2 */
	{ "X-Reporting-MTA",		F_REPORTING_MTA },
	{ "Reporting-UA",		F_REPORTING_MTA },
	{ "X-Postfix-Sender",		F_SENDER },
	{ "X-Envelope-From",		F_SENDER },
	{ "X-SendGrid-Sender",		F_SENDER },
	{ "X-HES-Sender",		F_SENDER },
	{ "Final-Recipient",		F_FINAL },		/* 2.3.2 */
	{ "Original-Recipient",		F_ORIGINAL },		/* 2.3.1 */
	{ "X-Actual-Recipient",		F_MORE },		/* Sendmail */
	{ "Action",			F_ACTION },		/* 2.3.3 */
	{ "Status",			F_STATUS },		/* 2.3.4 */
	{ "Remote-MTA",			F_REMOTE },		/* 2.3.5 */
	{ "Diagnostic-Code",		F_DIAGNOSTIC },		/* 2.3.6 */
	{ "X-Supplementary-Info",	F_MORE },		/* Exchange 2000 and 2003 */
};

static void
new_recipient(struct reader *rd)
{
	struct dsn	*d = rd->dsn;

	rd->r = NULL;
	rd->final = rd->original = false;
	if (d->count == DSN_RECIPIENTS_MAX) {
		d->too_many = true;
		return;
	}
	if (d->count == rd->size) {
		size_t	size = rd->size == 0 ? rd->expected : rd->size * 2;

		d->recipients = arena_grow(rd->arena, d->recipients, d->count, size, sizeof(*rd->r));
		rd->size = size;
	}
	rd->r = &d->recipients[d->count++];
}

static struct text
keep(struct reader *rd, struct text v)
{
	return dsn_one_line(rd->arena, v, FIELD_MAX);
}

/*
 * Blank lines separate recipients (RFC 3464 2.1), but many forget them or put
 * them where none belong; so a group also ends where a field comes again.
 */
static void
set_field(struct reader *rd, enum dsn_field field, struct text v)
{
	struct dsn_recipient	*r = rd->r;
	struct text		 addr;

	switch (field) {
	case F_REPORTING_MTA:
		if (rd->dsn->reporting_mta.p == NULL)
			rd->dsn->reporting_mta = keep(rd, v);
		return;
	case F_SENDER:
		if (rd->dsn->sender.p == NULL && address_of(rd->arena, keep(rd, v), &addr))
			rd->dsn->sender = addr;
		return;
	case F_FINAL:
	case F_ORIGINAL:
		if (r == NULL || (field == F_FINAL ? rd->final : rd->original) ||
		    (rd->blank && field == F_ORIGINAL && rd->final))
			new_recipient(rd);
		if ((r = rd->r) == NULL)
			return;
		r->named = true;
		*(field == F_FINAL ? &rd->final : &rd->original) = true;
		if (address_of(rd->arena, keep(rd, v), &addr))
			*(field == F_FINAL ? &r->final : &r->original) = addr;
		return;
	case F_ACTION:
		/* imitators begin a group with it */
		if (r == NULL || r->action != DSN_NONE)
			new_recipient(rd);
		if (rd->r != NULL)
			rd->r->action = action_of(v);
		return;
	case F_STATUS:
		if (r != NULL && r->status.p == NULL)
			r->status = keep(rd, v);
		return;
	case F_REMOTE:
		if (r != NULL && r->remote_mta.p == NULL)
			r->remote_mta = keep(rd, v);
		return;
	case F_DIAGNOSTIC:
		if (r != NULL && (r->diagnostic.p == NULL || r->diagnostic.n == 0))
			r->diagnostic = keep(rd, v);
		return;
	case F_MORE:
		if (r == NULL)
			return;
		if (text_find(v, TEXT("#"), &(size_t){ 0 })) {		/* "<mail.example.com #5.1.1 smtp;550 ...>" */
			if (r->diagnostic.p == NULL)
				r->diagnostic = keep(rd, v);
		} else if (r->final.p == NULL && address_of(rd->arena, keep(rd, v), &addr))
			r->final = addr;
		return;
	}
}

static size_t
count_recipients(struct text t)
{
	struct text	line;
	size_t		n = 0;

	while (text_line(&t, &line) && n < DSN_RECIPIENTS_MAX)
		n += text_istarts(line, "Final-Recipient");
	return n + 1;
}

const struct dsn *
dsn_parse(struct arena *a, struct text t)
{
	struct reader	 rd = { .arena = a, .dsn = arena_zalloc(a, sizeof(*rd.dsn)) };
	struct text	 rest = t, line, next;

	rd.expected = count_recipients(t);
	while (text_line(&rest, &line)) {
		const char	*colon = memchr(line.p, ':', line.n);
		struct text	 name, value, after = rest;

		if (text_trim(line).n == 0) {
			/* some put one between the fields of one recipient: the group ends only
			 * when another begins */
			rd.blank = true;
			continue;
		}
		if (colon == NULL)
			continue;
		name = text_trim(text_head(line, (size_t)(colon - line.p)));
		value = (struct text){ colon + 1, line.n - (size_t)(colon - line.p) - 1 };
		while (text_line(&after, &next) && next.n > 0 && (next.p[0] == ' ' || next.p[0] == '\t') &&
		    text_trim(next).n > 0) {
			value.n = (size_t)(next.p + next.n - value.p);
			rest = after;
		}
		for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
			if (text_iis(name, fields[i].name)) {
				set_field(&rd, fields[i].field, value);
				rd.blank = false;
				break;
			}
	}
	/* groups that name nobody are no recipients */
	for (size_t i = 0, n = rd.dsn->count; i < n; i++) {
		if (i == 0)
			rd.dsn->count = 0;
		if (rd.dsn->recipients[i].named)
			rd.dsn->recipients[rd.dsn->count++] = rd.dsn->recipients[i];
	}
	return rd.dsn;
}
