/*
 * Verifies and signs messages that come as lines of JSON, for dkim_peers.py and arc_peers.py.
 *
 *	{"zone": {NAME: [TXT...]}, "message": BASE64, "now": N}
 *		-> [{"result", "reason"}...], one for each DKIM-Signature
 *	{"sign": TAGS, "key": N, "message": BASE64}
 *		-> {"message": BASE64}, signed by key 0 (RSA) or 1 (Ed25519)
 *	{"arc": true, "zone", "message", "now"} -> {"result", "instances", "why"}
 *	{"keys": true}	-> ["v=DKIM1; ...", "v=DKIM1; ..."]
 */

#include <stdio.h>

#include "base/json.h"
#include "mail/arc.h"
#include "tests/sign.h"
#include "tests/zone.h"

static struct signer keys[2];

static const char *
printable(struct arena *a, const struct json *answer)
{
	return json_print(a, answer);
}

static struct text
message_of(struct arena *a, const struct json *in)
{
	struct text t = TEXT("");
	const char *b64 = json_str(in, "message");

	if (b64 != NULL)
		base64_decode(a, text_of(b64), &t);
	return t;
}

static void
load(struct arena *a, struct zone *z, const struct json *zone)
{
	const struct json *name, *txt;
	struct text text;
	struct name n;

	for (name = json_first(zone); name != NULL; name = json_next(name))
		for (txt = json_first(name); txt != NULL; txt = json_next(txt)) {
			text = text_of(json_value_str(txt));
			if (name_parse(a, text_of(json_key(name)), &n))
				zone_txt(z, n, &text, 1);
		}
}

static const char *
verify(struct arena *a, const struct json *in)
{
	struct json *out = json_new_array(a), *one;
	struct message m;
	struct dkim dkim;
	struct zone z;
	size_t i;

	zone_init(&z, a);
	load(a, &z, json_get(in, "zone"));
	message_read(a, message_of(a, in), &m, NULL);
	dkim_read(a, &m, json_int(in, "now", 0), &dkim);
	dkim_ask(a, &z.source, &dkim);
	dkim_verify(a, &m, &dkim);
	for (i = 0; i < dkim.count; i++) {
		one = json_add_object(out);
		json_put_str(one, "result", dkim_result_word(dkim.checks[i].result));
		json_put_str(one, "reason", dkim_reason_word(dkim.checks[i].reason));
	}
	return printable(a, out);
}

static const char *
verify_arc(struct arena *a, const struct json *in)
{
	struct json *out = json_new_object(a);
	struct message m;
	struct arc arc;
	struct zone z;

	zone_init(&z, a);
	load(a, &z, json_get(in, "zone"));
	message_read(a, message_of(a, in), &m, NULL);
	arc_read(a, &m, json_int(in, "now", 0), &arc);
	arc_ask(a, &z.source, &arc);
	arc_verify(a, &m, &arc);
	json_put_str(out, "result", arc_result_word(arc.result));
	json_put_int(out, "instances", arc.instances);
	json_put_str(out, "why", arc.why);
	return printable(a, out);
}

static const char *
answer(struct arena *a, const struct json *in)
{
	struct json *out;
	const char *tags = json_str(in, "sign"), *whole;

	if (json_bool(in, "keys", false)) {
		out = json_new_array(a);
		json_add_str(out, signer_record(a, keys[0]));
		json_add_str(out, signer_record(a, keys[1]));
		return printable(a, out);
	}
	if (json_bool(in, "arc", false))
		return verify_arc(a, in);
	if (tags == NULL)
		return verify(a, in);
	whole = sign(a, keys[json_int(in, "key", 0)], tags, text_cstr(a, message_of(a, in)));
	out = json_new_object(a);
	json_put_str(out, "message", base64_encode(a, text_of(whole)));
	return printable(a, out);
}

int
main(void)
{
	struct json *in;
	struct arena *a;
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	keys[0] = signer_rsa(1024);
	keys[1] = signer_ed25519();
	while ((n = getline(&line, &size, stdin)) > 0) {
		a = arena_new();
		in = json_parse(a, (struct text){ line, (size_t)n }, NULL);
		puts(in == NULL ? "null" : answer(a, in));
		fflush(stdout);
		arena_free(a);
	}
	free(line);
	signer_free(keys[0]);
	signer_free(keys[1]);
	return 0;
}
