/* Canonicalisation, RFC 6376 3.4; see the header. */

#include <string.h>

#include "mail/dkim_canon.h"

/* --- header fields ------------------------------------------------------------------------------ */

/* Header octets on their way out, gathered into larger pieces. */
struct out {
	struct canon_sink	 sink;
	enum canon		 canon;
	bool			 blank;		/* relaxed: a blank is due before the next octet */
	bool			 begun;		/* relaxed: the value has begun */
	size_t			 n;
	char			 buf[1024];
};

static void
out_flush(struct out *o)
{
	if (o->n > 0)
		o->sink.put(o->sink.ctx, o->buf, o->n);
	o->n = 0;
}

static void
out_put(struct out *o, char c)
{
	if (o->n == sizeof(o->buf))
		out_flush(o);
	o->buf[o->n++] = c;
}

/* 3.4.1: as it is, but a line end is CRLF. */
static void
put_simple(struct out *o, struct text t)
{
	size_t i;

	for (i = 0; i < t.n; i++) {
		if (t.p[i] == '\n')
			out_put(o, '\r');
		else if (t.p[i] == '\r' && i + 1 < t.n && t.p[i + 1] == '\n')
			continue;
		out_put(o, t.p[i]);
	}
}

/* 3.4.2: unfolded, runs of white space are one blank, none at either end. */
static void
put_relaxed(struct out *o, struct text t)
{
	size_t i;
	char c;

	for (i = 0; i < t.n; i++) {
		c = t.p[i];
		if (c == '\n' || (c == '\r' && i + 1 < t.n && t.p[i + 1] == '\n'))
			continue;
		if (c == ' ' || c == '\t') {
			o->blank = true;
			continue;
		}
		if (o->blank && o->begun)
			out_put(o, ' ');
		o->blank = false;
		o->begun = true;
		out_put(o, c);
	}
}

static void
put_value(struct out *o, struct text t)
{
	if (o->canon == CANON_RELAXED)
		put_relaxed(o, t);
	else
		put_simple(o, t);
}

static void
put_name(struct out *o, const struct message_field *f)
{
	size_t i;

	if (o->canon == CANON_SIMPLE) {
		put_simple(o, text_head(f->raw, (size_t)(f->value.p - f->raw.p)));
		return;
	}
	for (i = 0; i < f->name.n; i++)
		out_put(o, (char)ascii_tolower((unsigned char)f->name.p[i]));
	out_put(o, ':');
}

void
canon_field(enum canon canon, const struct message_field *f, struct canon_sink sink)
{
	struct out o = { .sink = sink, .canon = canon };

	put_name(&o, f);
	put_value(&o, f->value);
	out_put(&o, '\r');
	out_put(&o, '\n');
	out_flush(&o);
}

void
canon_signature(enum canon canon, const struct message_field *f, struct text hole,
    struct canon_sink sink)
{
	struct out o = { .sink = sink, .canon = canon };
	size_t at = (size_t)(hole.p - f->value.p);

	put_name(&o, f);
	put_value(&o, text_head(f->value, at));
	put_value(&o, text_skip(f->value, at + hole.n));
	out_flush(&o);
}

/* --- body --------------------------------------------------------------------------------------- */

void
canon_body_init(struct canon_body *b, enum canon canon, struct canon_sink sink)
{
	b->canon = canon;
	b->sink = sink;
	b->breaks = 0;
	b->cr = b->blank = b->any = false;
	b->bytes = 0;
	b->n = 0;
}

static void
flush(struct canon_body *b)
{
	if (b->n > 0)
		b->sink.put(b->sink.ctx, b->buf, b->n);
	b->bytes += b->n;
	b->n = 0;
}

static void
put(struct canon_body *b, const char *p, size_t n)
{
	if (n > sizeof(b->buf) - b->n)
		flush(b);
	if (n > sizeof(b->buf)) {
		b->sink.put(b->sink.ctx, p, n);
		b->bytes += n;
		return;
	}
	memcpy(b->buf + b->n, p, n);
	b->n += n;
}

/* What was held back is not the end of the body after all. */
static void
release(struct canon_body *b)
{
	for (; b->breaks > 0; b->breaks--)
		put(b, "\r\n", 2);
	if (b->blank)
		put(b, " ", 1);
	b->blank = false;
	b->any = true;
}

static void
line_end(struct canon_body *b)
{
	b->breaks++;
	b->blank = false;		/* 3.4.4: none at the end of a line */
}

/* Does this octet need a look, or does it just pass? */
static bool
is_plain(enum canon canon, char c)
{
	if (c == '\r' || c == '\n')
		return false;
	return canon == CANON_SIMPLE || (c != ' ' && c != '\t');
}

void
canon_body_add(struct canon_body *b, struct text t)
{
	const char *p = t.p, *end = t.p + t.n, *run;

	while (p < end) {
		if (b->cr) {
			b->cr = false;
			if (*p == '\n') {
				line_end(b);
				p++;
				continue;
			}
			release(b);
			put(b, "\r", 1);
		}
		for (run = p; p < end && is_plain(b->canon, *p); p++)
			continue;
		if (p > run) {
			release(b);
			put(b, run, (size_t)(p - run));
		}
		if (p == end)
			break;
		if (*p == '\r')
			b->cr = true;
		else if (*p == '\n')
			line_end(b);
		else
			b->blank = true;
		p++;
	}
}

void
canon_body_end(struct canon_body *b)
{
	if (b->cr) {
		release(b);
		put(b, "\r", 1);
		b->cr = false;
	}
	/*
	 * All empty lines at the end go; what remains ends with one CRLF.  An
	 * empty body is CRLF when simple (3.4.3) and nothing when relaxed.
	 */
	if (b->any || b->canon == CANON_SIMPLE)
		put(b, "\r\n", 2);
	flush(b);
}
