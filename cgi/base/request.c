#include "base/arena.h"
#include "base/code.h"
#include "base/request.h"
#include "base/sha256.h"
#include "base/str.h"

/*
 * The key of a request: words parted by single blanks, the kind first.  What
 * could be mistaken inside a word (blanks, control bytes, high bytes, the
 * backslash) is written as \xHH, so equal keys are equal requests.  Times,
 * sizes and the name of the credential's header do not change the question.
 */

#define BUILD_MAX	((size_t)1 << 30)
#define KEY_MAX		4096		/* longer keys end in a hash of the whole */
#define KEY_SHOWN	256
#define BODY_SHOWN_MAX	1024		/* longer bodies stand as their hash */

static void
add_word(struct str *out, struct text t, const char *also)
{
	size_t i;

	for (i = 0; i < t.n; i++) {
		unsigned char c = (unsigned char)t.p[i];

		if (c <= 0x20 || c >= 0x7f || c == '\\' || text_is((struct text){ &t.p[i], 1 }, also))
			str_addf(out, "\\x%02x", c);
		else
			str_addc(out, (char)c);
	}
}

static void
add_field(struct str *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	str_addf(out, " %s=", name);
	add_word(out, text_of(value), "");
}

static void
add_hash(struct str *out, struct text t)
{
	uint8_t hash[32];

	sha256(t, hash);
	str_add(out, hex_encode(out->arena, (struct text){ (const char *)hash, sizeof(hash) }));
}

/* The body itself when it is short, else its hash. */
static void
add_body(struct str *out, const char *name, struct text body)
{
	str_addf(out, body.n <= BODY_SHOWN_MAX ? " %s=" : " %s-sha256=", name);
	if (body.n <= BODY_SHOWN_MAX)
		add_word(out, body, "");
	else
		add_hash(out, body);
}

static void
key_dns(struct str *out, struct arena *a, const struct request_dns *r)
{
	size_t i;

	str_add(out, "dns ");
	for (i = 0; i < r->count; i++) {
		str_addc(out, i == 0 ? '@' : ',');
		str_add(out, endpoint_str(a, r->servers[i]));
	}
	if (r->count > 0)
		str_addc(out, ' ');
	str_add(out, rrtype_word(r->type));
	str_addc(out, ' ');
	str_add(out, r->name.s == NULL || r->name.s[0] == '\0' ? "." : r->name.s);
}

static void
key_http(struct str *out, const struct request_http *r)
{
	size_t i;

	str_addf(out, "http %s ", r->door == HTTP_PANEL ? "panel" : "public");
	add_word(out, text_of(r->method), "");
	str_addc(out, ' ');
	add_word(out, text_of(r->path), "");
	for (i = 0; i < r->header_count; i++) {
		str_add(out, " header=");
		add_word(out, text_of(r->headers[i].name), ":");
		str_addc(out, ':');
		add_word(out, text_of(r->headers[i].value), "");
	}
	if (r->content_type != NULL) {
		add_field(out, "type", r->content_type);
		add_body(out, "body", r->body);
	}
	add_field(out, "secret", r->secret_ref);
}

static void
key_smtp(struct str *out, struct arena *a, const struct request_smtp *r)
{
	str_addf(out, "smtp %s", endpoint_str(a, r->server));
	if (r->bind.family != 0)
		add_field(out, "bind", ip_str(a, r->bind));
	add_field(out, "ehlo", r->ehlo);
	if (r->starttls)
		str_add(out, " starttls");
	add_field(out, "tls", r->tls_name);
}

static void
key_verb(struct str *out, const struct request_verb *r)
{
	size_t i;

	str_add(out, "verb ");
	add_word(out, text_of(r->verb), "");
	for (i = 0; i < r->arg_count; i++) {	/* an argument has no bare '=': no field */
		str_addc(out, ' ');
		add_word(out, text_of(r->args[i]), "=");
	}
	if (r->input.n > 0)
		add_body(out, "input", r->input);
	add_field(out, "secret", r->secret_ref);
}

static void
key_scan(struct str *out, const struct request_scan *r)
{
	static const char *const services[] = { "spamd", "rspamd", "clamd" };

	str_addf(out, "scan %s", services[r->service]);
	if (r->command != NULL) {
		str_addc(out, ' ');
		add_word(out, text_of(r->command), "");
	}
	if (r->service == SCAN_CLAMD)
		return;
	str_add(out, " message-sha256=");
	add_hash(out, r->message);
}

const char *
request_key(struct arena *a, const struct request *r)
{
	struct str out = str_in(a, BUILD_MAX), cut;

	switch (r->kind) {
	case REQUEST_DNS:
		key_dns(&out, a, &r->u.dns);
		break;
	case REQUEST_HTTP:
		key_http(&out, &r->u.http);
		break;
	case REQUEST_SMTP:
		key_smtp(&out, a, &r->u.smtp);
		break;
	case REQUEST_VERB:
		key_verb(&out, &r->u.verb);
		break;
	case REQUEST_SCAN:
		key_scan(&out, &r->u.scan);
		break;
	}
	if (out.n <= KEY_MAX)
		return out.p;
	cut = str_in(a, KEY_MAX);
	str_addt(&cut, text_head(str_text(&out), KEY_SHOWN));
	str_add(&cut, "... sha256=");
	add_hash(&cut, str_text(&out));
	return cut.p;
}
