#include "mail/bounce_text.h"

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"
#include "mail/bounce_answer.h"
#include "mail/bounce_heading.h"
#include "mail/dsn.h"
#include "mail/mailaddr.h"
#include "mail/mime_decode.h"

#define LINES_MAX	20000
#define DIAGNOSTIC_MAX	2000

/* --- sections ------------------------------------------------------------------------------------- */

static bool
is_service_address(struct text addr)
{
	static const char *const	names[] = { "mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon", "abuse",
	    "noreply", "no-reply", "support", "helpdesk", "bounce", "bounces", "hostmaster", "daemon", NULL };
	struct text			local = mailaddr_local(addr);

	for (size_t i = 0; names[i] != NULL; i++)
		if (text_iis(local, names[i]))
			return true;
	return false;
}

static bool
is_failed_field(const struct text_context *c, struct text addr)
{
	for (size_t i = 0; i < c->failed_count; i++)
		if (mailaddr_eq(c->failed[i], addr))
			return true;
	return false;
}

/* The reporting system's own addresses, and the sender's, are no recipients. */
static bool
may_be_recipient(const struct text_context *c, const struct heading *h)
{
	if (is_failed_field(c, h->address))
		return true;
	if (c->reporter.n > 0 && mailaddr_eq(c->reporter, h->address))
		return false;
	if (is_service_address(h->address) && (h->strength < 3 || (c->reporter.n > 0 &&
	    text_ieq(mailaddr_domain(c->reporter), mailaddr_domain(h->address)))))
		return false;
	if (c->sender.n > 0 && mailaddr_eq(c->sender, h->address) && h->strength < 3)
		return false;
	return true;
}

static bool
is_decoration(const struct bounce_words *w, struct text line)
{
	char	head[64];
	size_t	n = line.n < sizeof(head) - 1 ? line.n : sizeof(head) - 1;
	bool	letters = false;

	memcpy(head, line.p, n);
	head[n] = '\0';
	utf8_lower(head, n);
	for (size_t i = 0; i < n; i++)
		if (ascii_isalnum((unsigned char)head[i]) || (unsigned char)head[i] >= 0x80)
			letters = true;
	return !letters || (phrase_begins(w->boilerplate, head) && line.n < 90);
}

/* Words of a section that has no answer: the first lines that tell something. */
static struct text
words_of(struct arena *a, const struct bounce_words *w, struct text section)
{
	struct str	s = str_in(a, DIAGNOSTIC_MAX);
	struct text	rest = section, line;
	unsigned	lines = 0;

	while (text_line(&rest, &line) && lines < 8) {
		line = text_trim(line);
		if (line.n == 0) {
			if (s.n > 0)
				break;
			continue;
		}
		if (s.n == 0 && (is_decoration(w, line) || line.n < 3))
			continue;
		if (s.n > 0 && text_starts(line, "-----"))
			break;
		if (s.n > 0)
			str_addc(&s, ' ');
		str_addt(&s, text_head(line, s.max - s.n));
		lines++;
	}
	if (s.n == 0)
		return (struct text){ NULL, 0 };
	return dsn_one_line(a, str_text(&s), DIAGNOSTIC_MAX);
}

/* "(reason: 550 5.1.1 <a@b>... User unknown)" of Sendmail, "((reason) words)" of others. */
static struct text
strip_parens(struct text t)
{
	t = text_trim(t);
	if (t.n > 2 && t.p[0] == '(' && t.p[t.n - 1] == ')')
		t = text_trim((struct text){ t.p + 1, t.n - 2 });
	if (text_istarts(t, "reason:"))
		t = text_trim(text_skip(t, 7));
	return t;
}

/* A sentence names the recipient; the cause is in it or in the paragraph after. */
static struct text
two_paragraphs(struct text t)
{
	struct text	rest = t, line;
	unsigned	blank = 0;
	bool		words = false;

	while (text_line(&rest, &line)) {
		bool	empty = text_trim(line).n == 0;

		if (empty && words && ++blank == 2)
			return text_head(t, (size_t)(line.p - t.p));
		words = !empty;
		if ((size_t)(line.p - t.p) > 1500)
			break;
	}
	return t;
}

/* What stands behind "The response was:"; false = no such line. */
static bool
behind_mark(const struct bounce_words *w, struct text t, struct text *ret)
{
	struct text	rest = t, line;

	while (text_line(&rest, &line)) {
		char	head[80];
		size_t	n = 0;

		line = text_trim(line);
		while (n < line.n && strchr("-=*# ", line.p[n]) != NULL)
			n++;
		line = text_head(text_skip(line, n), sizeof(head) - 1);
		memcpy(head, line.p, line.n);
		head[line.n] = '\0';
		utf8_lower(head, line.n);
		if (line.n > 5 && phrase_begins(w->response_marks, head)) {
			*ret = rest;
			return text_trim(rest).n > 0;
		}
	}
	return false;
}

static void
read_section(struct arena *a, const struct text_context *c, struct text section, struct text_recipient *r)
{
	struct text	answer;

	section = heading_skip_remarks(section, &r->original);
	if (answer_find(section, &answer)) {
		r->diagnostic = answer_join(a, answer, DIAGNOSTIC_MAX);
		r->answered = true;
		if (r->diagnostic.n > 0 && r->diagnostic.p[r->diagnostic.n - 1] == ')' &&
		    memchr(r->diagnostic.p, '(', r->diagnostic.n) == NULL)
			r->diagnostic.n--;
	} else if (behind_mark(c->words, section, &answer))
		r->diagnostic = words_of(a, c->words, answer);
	else if (r->strength == 0)
		r->diagnostic = dsn_one_line(a, two_paragraphs(section), DIAGNOSTIC_MAX);
	else
		r->diagnostic = strip_parens(words_of(a, c->words, section));
	if (r->diagnostic.n == 0)
		r->diagnostic.p = NULL;
	r->mta = answer_mta(a, section);
}

/* --- the whole text --------------------------------------------------------------------------------- */

struct headings {
	struct heading	*v;
	size_t		 count, size;
	bool		 too_many;
};

static size_t
indent_of(struct text line)
{
	return (size_t)(text_trim(line).p - line.p);
}

static void
collect(struct arena *a, const struct text_context *c, struct text t, struct headings *hs)
{
	struct text	rest = t, line, last = { NULL, 0 };	/* the heading of this paragraph */
	size_t		lines = 0, last_indent = 0;

	while (text_line(&rest, &line) && lines++ < LINES_MAX) {
		struct heading	h;

		if (text_trim(line).n == 0)
			last.p = NULL;
		if (!heading_of(c->words, line, &h) || !may_be_recipient(c, &h))
			continue;
		/* the answer of a server may be folded before an address */
		if (last.p != NULL && (indent_of(line) > last_indent || mailaddr_eq(last, h.address)))
			continue;
		last = h.address;
		last_indent = indent_of(line);
		if (hs->count == TEXT_RECIPIENTS_MAX) {
			hs->too_many = true;
			return;
		}
		if (hs->count == hs->size) {
			size_t	size = hs->size == 0 ? 8 : hs->size * 2;

			hs->v = arena_grow(a, hs->v, hs->count, size, sizeof(h));
			hs->size = size;
		}
		hs->v[hs->count++] = h;
	}
}

static unsigned
strongest(const struct headings *hs)
{
	unsigned	best = 0;

	for (size_t i = 0; i < hs->count; i++)
		if (hs->v[i].strength > best)
			best = hs->v[i].strength;
	return best;
}

/*
 * The line of a transcript that speaks of this address, and the server that
 * was spoken to: "... while talking to mx.example.net.:", some lines on
 * "<<< 550 5.1.1 <a@b>... User unknown".
 */
static bool
answer_naming(struct arena *a, struct text t, struct text_recipient *r)
{
	struct text	rest = t, line, found, talk = { NULL, 0 };
	size_t		at, lines = 0;

	while (text_line(&rest, &line) && lines++ < 2000) {
		if (text_ifind(line, TEXT("while talking to "), &at))
			talk = line;
		if (!text_ifind(line, r->address, &at) || !answer_find(line, &found))
			continue;
		r->diagnostic = answer_join(a, found, DIAGNOSTIC_MAX);
		r->answered = true;
		if (talk.p != NULL)
			r->mta = answer_mta(a, talk);
		return true;
	}
	return false;
}

/* An answer that names another recipient of the report, not this one. */
static bool
is_about_another(const struct headings *hs, const struct text_recipient *r)
{
	size_t	at;

	if (text_ifind(r->diagnostic, r->address, &at))
		return false;
	for (size_t i = 0; i < hs->count; i++)
		if (!mailaddr_eq(hs->v[i].address, r->address) &&
		    text_ifind(r->diagnostic, hs->v[i].address, &at))
			return true;
	return false;
}

static const char *
lower_address(struct arena *a, struct text t)
{
	char	*s = text_cstr(a, t);

	for (char *p = s; *p != '\0'; p++)
		*p = (char)ascii_tolower((unsigned char)*p);
	return s;
}

/* One entry per address: the one that tells more wins. */
static void
add_recipient(struct arena *a, struct text_report *rp, struct map *seen, const struct text_recipient *r)
{
	const char		*key = lower_address(a, r->address);
	struct text_recipient	*old = map_get(seen, key);

	if (old == NULL) {
		rp->recipients[rp->count] = *r;
		map_put(seen, key, &rp->recipients[rp->count++]);
		return;
	}
	if (!old->answered && (r->answered || old->diagnostic.p == NULL) && r->diagnostic.p != NULL) {
		old->diagnostic = r->diagnostic;
		old->answered = r->answered;
	}
	if (old->mta == NULL)
		old->mta = r->mta;
	if (old->original.p == NULL)
		old->original = r->original;
	if (r->strength > old->strength)
		old->strength = r->strength;
}

/* The paragraph that ends where `end` begins: some say the cause before the
 * address ("... due to being unable to connect to the destination server:"). */
static struct text
paragraph_before(struct text t, const char *end)
{
	size_t	to = (size_t)(end - t.p), from;

	while (to > 0 && ascii_isspace((unsigned char)t.p[to - 1]))
		to--;
	for (from = to; from > 0 && to - from < 800; from--)
		if (from >= 2 && t.p[from - 1] == '\n' &&
		    (t.p[from - 2] == '\n' || (from >= 3 && t.p[from - 2] == '\r' && t.p[from - 3] == '\n')))
			break;
	return (struct text){ t.p + from, to - from };
}

static const char *
reporting_mta_of(struct arena *a, struct text t)
{
	static const char *const	marks[] = { "mail system at host ", "qmail-send program at ", "generating server:",
	    "mail server on ", "mail delivery program at ", "program on ", "mail system at ", "servidor de generación:",
	    "generierender server:", "serveur de génération :", "serveur de génération:", "servidor de geração:",
	    "server di generazione:", "servidor que generó el mensaje:", "reporting mta:", "reporting-mta: dns;",
	    "created automatically by mail server ", "message was created automatically by the mail system at ", NULL };
	size_t				at;

	t = text_head(t, 64 * 1024);
	for (size_t i = 0; marks[i] != NULL; i++)
		if (text_ifind(t, text_of(marks[i]), &at)) {
			struct text	 rest = text_skip(t, at + strlen(marks[i]));
			const char	*s = dsn_mta(a, text_trim(text_head(rest, 300)));

			if (s != NULL && strlen(s) > 1)
				return s;
		}
	return NULL;
}

/* The sender is named too ("A message sent by"): it counts only when nobody else is. */
static void
drop_sender(const struct text_context *c, struct headings *hs)
{
	size_t	others = 0, n = 0;

	for (size_t i = 0; i < hs->count; i++)
		others += !mailaddr_eq(hs->v[i].address, c->sender);
	for (size_t i = 0; others > 0 && i < hs->count; i++)
		if (!mailaddr_eq(hs->v[i].address, c->sender) || is_failed_field(c, hs->v[i].address))
			hs->v[n++] = hs->v[i];
	if (others > 0)
		hs->count = n;
}

/* When no line names a recipient: the first address of a sentence that may be one. */
static bool
address_in_sentence(const struct text_context *c, struct text t, struct heading *ret)
{
	struct text	rest = text_head(t, 64 * 1024), line, addr;
	const char	*paragraph = t.p;

	while (text_line(&rest, &line)) {
		struct text	 words = line, after;
		struct heading	 h = { .line = line.p, .rest = paragraph, .strength = 0 };

		if (text_trim(line).n == 0)
			paragraph = rest.p;
		if (heading_skip_label(c->words->other_labels, text_trim(line), &after) > 0)
			continue;
		while (mailaddr_next(&words, &addr)) {
			h.address = addr;
			if (addr.p > line.p && (addr.p[-1] == '/' || addr.p[-1] == '=' || addr.p[-1] == ':'))
				continue;			/* part of a link */
			if (!is_service_address(addr) && may_be_recipient(c, &h)) {
				*ret = h;
				return true;
			}
		}
	}
	return false;
}

const struct text_report *
bounce_text_read(struct arena *a, const struct text_context *c, struct text t)
{
	struct text_report	*rp = arena_zalloc(a, sizeof(*rp));
	struct map		*seen = map_new(a);
	struct headings		 hs = { .v = NULL };
	struct text		 found;
	unsigned		 best;

	collect(a, c, t, &hs);
	drop_sender(c, &hs);
	best = strongest(&hs);
	rp->too_many = hs.too_many;
	rp->reporting_mta = reporting_mta_of(a, t);
	if (answer_find(t, &found))
		rp->answer = answer_join(a, found, DIAGNOSTIC_MAX);
	rp->words = words_of(a, c->words, t);
	rp->mta = answer_mta(a, t);
	if (hs.count == 0) {
		struct heading	h;

		hs.v = arena_array(a, 1, sizeof(h));
		if (address_in_sentence(c, t, &h))
			hs.v[hs.count++] = h;
	}
	rp->recipients = arena_array(a, hs.count + c->failed_count + 1, sizeof(*rp->recipients));
	for (size_t i = 0; i < hs.count; i++) {
		const struct heading	*h = &hs.v[i];
		struct text_recipient	 r = { .address = h->address, .original = h->original,
					    .strength = h->strength };
		const char		*end = t.p + t.n;

		/* weak lines count only where there are no better ones */
		if (h->strength < best && h->strength < 2)
			continue;
		for (size_t k = i + 1; k < hs.count; k++)
			if (hs.v[k].strength == best || hs.v[k].strength >= 2) {
				end = hs.v[k].line;
				break;
			}
		read_section(a, c, (struct text){ h->rest, (size_t)(end - h->rest) }, &r);
		if (h->labelled.p != NULL && (r.diagnostic.p == NULL || (h->cause && !r.answered)))
			r.diagnostic = dsn_one_line(a, h->labelled, DIAGNOSTIC_MAX);
		if (!r.answered)
			r.lead = paragraph_before(t, h->line);
		if (r.diagnostic.p == NULL) {
			r.lead = paragraph_before(t, h->line);
			/* the reason may stand in the line before: Lotus Notes */
			if (r.lead.n > 0 && r.lead.n < 200 && r.lead.p + r.lead.n + 1 >= h->line &&
			    r.lead.p[r.lead.n - 1] != ':')
				r.diagnostic = dsn_one_line(a, r.lead, DIAGNOSTIC_MAX);
		}
		if (hs.count <= 50 && (!r.answered || is_about_another(&hs, &r)))
			(void)answer_naming(a, t, &r);
		add_recipient(a, rp, seen, &r);
	}
	for (size_t i = 0; i < c->failed_count; i++) {
		struct text_recipient	r = { .address = c->failed[i], .strength = 3, .lead = text_head(t, 800) };

		if (map_get(seen, lower_address(a, c->failed[i])) == NULL)
			add_recipient(a, rp, seen, &r);
	}
	return rp;
}
