/*
 * Many domains must not mean many calls: a Plesk of N domains, made up here, is
 * read by the facts of bulk runs, and the calls are counted.
 */

#include <time.h>

#include "unit/test.h"

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "evidence/evidence.h"
#include "panel/plesk/plesk.h"

#define QUEUE	20000

struct fake {
	struct arena	*arena;
	size_t		 domains, calls;
	bool		 xml;		/* is the XML API there? */
	struct { const char *key; struct reply *reply; } queue[QUEUE];
	size_t		 first, count;
};

static struct text
list_of(struct arena *a, const char *what, size_t n)
{
	struct str out = str_in(a, 1 << 28);

	str_addc(&out, '[');
	for (size_t i = 1; i <= n; i++) {
		if (i > 1)
			str_addc(&out, ',');
		if (strcmp(what, "domains") == 0)
			str_addf(&out, "{\"id\":%zu,\"name\":\"d%zu.example\",\"ascii_name\":\"d%zu.example\","
			    "\"hosting_type\":\"virtual\",\"base_domain_id\":0,\"aliases\":[]}", i, i, i);
		else
			str_addf(&out, "{\"id\":%zu,\"login\":\"c%zu\",\"type\":\"customer\",\"status\":0,"
			    "\"owner_login\":\"admin\"}", i, i);
	}
	str_addc(&out, ']');
	return str_text(&out);
}

/* The ids that a filter of the packet names, each answered by `before` ID `after`. */
static void
answer_ids(struct str *out, struct text body, const char *tag, const char *before, const char *after)
{
	struct text open = text_of(tag), id;
	size_t at;

	while (text_find(body, open, &at)) {
		body = text_skip(body, at + open.n);
		text_split(&body, '<', &id);
		str_add(out, before);
		str_addt(out, id);
		str_add(out, after);
	}
}

static struct text
packet(struct fake *f, struct text body)
{
	struct str out = str_in(f->arena, 1 << 28);
	size_t at;

	str_add(&out, "<packet>");
	if (text_find(body, TEXT("<webspace>"), &at)) {
		str_add(&out, "<webspace><get>");
		for (size_t i = 1; i <= f->domains; i++)
			str_addf(&out, "<result><status>ok</status><id>%zu</id><data><gen_info><status>0</status>"
			    "<dns_ip_address>203.0.113.10</dns_ip_address><owner-login>c%zu</owner-login></gen_info>"
			    "</data></result>", i, i);
		str_add(&out, "</get></webspace>");
	} else if (text_find(body, TEXT("<get_prefs>"), &at)) {
		str_add(&out, "<mail><get_prefs>");
		answer_ids(&out, body, "<site-id>", "<result><status>ok</status><site-id>", "</site-id><prefs>"
		    "<nonexistent-user><reject/></nonexistent-user><spam-protect-sign>true</spam-protect-sign>"
		    "<mailservice>true</mailservice></prefs></result>");
		str_add(&out, "</get_prefs></mail>");
	} else if (text_find(body, TEXT("<get_info>"), &at)) {
		str_add(&out, "<mail>");
		answer_ids(&out, body, "<site-id>", "<get_info><result><status>ok</status><mailname><id>1</id><name>box",
		    "</name><mailbox><enabled>true</enabled></mailbox></mailname></result></get_info>");
		str_add(&out, "</mail>");
	} else if (text_find(body, TEXT("<site>"), &at)) {
		str_add(&out, "<site><get>");
		answer_ids(&out, body, "<id>", "<result><status>ok</status><id>", "</id><data><prefs/></data></result>");
		str_add(&out, "</get></site>");
	} else
		str_add(&out, "<server><get><result><status>ok</status><prefs/></result></get></server>");
	str_add(&out, "</packet>");
	return str_text(&out);
}

static void
fake_fetch(void *ctx, struct evidence *ev, const char *key, const struct request *request)
{
	struct fake *f = ctx;
	struct text path = text_of(request->u.http.path), body = TEXT("{\"code\":0,\"stdout\":\"\",\"stderr\":\"\"}");
	struct reply *reply = arena_zalloc(f->arena, sizeof(*reply));

	(void)ev;
	f->calls++;
	reply->u.http.status = 200;
	reply->u.http.content_type = "";
	if (text_is(path, "/api/v2/domains"))
		body = list_of(f->arena, "domains", f->domains);
	else if (text_is(path, "/api/v2/clients"))
		body = list_of(f->arena, "clients", f->domains);
	else if (text_starts(path, "/api/v2/clients/")) {
		struct text id = text_skip(path, strlen("/api/v2/clients/"));

		text_split(&id, '/', &path);
		body = text_of(arena_printf(f->arena, "[{\"id\":%s}]", text_cstr(f->arena, path)));
	} else if (text_is(path, "/api/v2/server"))
		body = TEXT("{\"hostname\":\"srv1.host.example\"}");
	else if (text_is(path, "/api/v2/server/ips"))
		body = TEXT("[{\"ipv4\":\"203.0.113.10\"}]");
	else if (text_starts(path, "/enterprise/") && f->xml)
		body = packet(f, request->u.http.body);
	else if (text_starts(path, "/enterprise/"))
		reply->u.http.status = 404;
	reply->u.http.body = body;
	f->queue[f->count].key = arena_strdup(f->arena, key);
	f->queue[f->count++].reply = reply;
}

/* Calls that a fact needs; 0 = it could not be had. */
static size_t
calls_for(const char *fact, size_t domains, bool xml, size_t *members)
{
	static const struct panel_params params = { 0 };
	struct fake *f = calloc(1, sizeof(*f));
	struct evidence_source source = { .fetch = fake_fetch, .panel = &panel_plesk,
	    .panel_params = &params, .ctx = f };
	const struct ev_failure *why;
	const struct json *value;
	struct evidence *ev;
	size_t calls;

	f->arena = arena_new();
	f->domains = domains;
	f->xml = xml;
	ev = evidence_new(f->arena, &source, 0);
	/* Four answers a turn, as with four calls in flight. */
	while ((value = ev_fact_any(ev, fact, NULL, &why)) == NULL && why == NULL && f->first < f->count)
		for (int i = 0; i < 4 && f->first < f->count; i++, f->first++)
			evidence_deliver(ev, f->queue[f->first].key, f->queue[f->first].reply);
	*members = json_count(value);
	calls = value == NULL ? 0 : f->calls;
	if (why != NULL)
		printf("     %s: %s %s\n", fact, why->reason, why->detail == NULL ? "" : why->detail);
	arena_free(f->arena);
	free(f);
	return calls;
}

static const struct {
	const char	*name, *fact;
	size_t		 domains;
	bool		 xml;
	size_t		 calls_max;
} cases[] = {
	{ "owners of 1,000 domains",		"domains",		1000,	true,	3 },
	{ "owners of 10,000 domains",		"domains",		10000,	true,	3 },
	{ "mail settings of 1,000 domains",	"domain_mail_all",	1000,	true,	3 + 5 + 4 },
	{ "mail settings of 10,000 domains",	"domain_mail_all",	10000,	true,	3 + 5 + 40 },
	{ "mailboxes of 1,000 domains",		"mailboxes_all",	1000,	true,	3 + 5 + 4 + 10 },
	{ "mailboxes of 10,000 domains",	"mailboxes_all",	10000,	true,	3 + 5 + 40 + 100 },
	{ "owners without XML: one call a client", "domains",		1000,	false,	3 + 1000 },
};

int
main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct timespec from, to;
		size_t calls, members;
		double s;

		clock_gettime(CLOCK_MONOTONIC, &from);
		calls = calls_for(cases[i].fact, cases[i].domains, cases[i].xml, &members);
		clock_gettime(CLOCK_MONOTONIC, &to);
		s = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
		printf("     %s: %zu calls, %.2f s\n", cases[i].name, calls, s);
		CHECK(cases[i].name, calls > 0 && calls <= cases[i].calls_max);
		CHECK(cases[i].name, members == cases[i].domains);
	}
	TEST_END();
}
