/* The data files: what the shipped ones say, and damaged ones. */

#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/late_regex.h"
#include "base/text.h"
#include "mail/data.h"
#include "mail/data_read.h"
#include "unit/test.h"

#define FILES	9

static const char *const names[FILES] = { "senders", "dns_hosts", "providers", "blacklists", "smtp_codes",
    "bounce_words", "message_words", "wordpress", "links" };

static const struct data *
load(struct arena *a, const struct text *texts, struct err *err)
{
	const struct yaml	*y[FILES];
	struct data_files	 f;

	for (int i = 0; i < FILES; i++) {
		y[i] = yaml_parse(a, texts[i], arena_printf(a, "%s.yaml", names[i]), err);
		if (y[i] == NULL)
			return NULL;
	}
	f = (struct data_files){ y[0], y[1], y[2], y[3], y[4], y[5], y[6], y[7], y[8] };
	return data_from_yaml(a, &f, err);
}

static bool
read_all(struct arena *a, struct text *texts)
{
	struct err	err;

	for (int i = 0; i < FILES; i++)
		if (!file_read(a, arena_printf(a, "templates/data/%s.yaml", names[i]), 1 << 20, &texts[i], &err)) {
			printf("%s\n", err.text);
			return false;
		}
	return true;
}

/* --- what the shipped files say --- */

static const struct { const char *name, *host, *id; } dns_hosts[] = {
	{ "exact name",				"dns01.gigas.com",		"gigas" },
	{ "regex before suffix",		"203.0.113.5.dnsgigas.es",	"gigas-own-server" },
	{ "suffix",				"anna.ns.cloudflare.com",	"cloudflare" },
	{ "regex with two top-level labels",	"ns-12.awsdns-34.co.uk",	"route53" },
	{ "no label border, no match",		"ns1.notovh.net",		NULL },
	{ "the suffix itself",			"ovh.net",			"ovh" },
	{ "unknown",				"ns1.host.example",		NULL },
};

static const struct { const char *name, *host, *id; } mtas[] = {
	{ "Hotmail is not mail.com",	"mx1.hotmail.com",	"outlook_com" },
	{ "mail.com is",		"mx00.mail.com",	"gmx" },
	{ "a company is not me.com",	"mx.acme.com",		NULL },
	{ "nor free.fr",		"mail.carefree.fr",	NULL },
	{ "the name alone",		"gmail.com",		"gmail" },
};

static const struct { const char *name, *host, *id; } mxs[] = {
	{ "consumer Outlook",		"hotmail-com.olc.protection.outlook.com",	"outlook_com" },
	{ "hosted Exchange",		"cust-example.mail.protection.outlook.com",	"exchange_online" },
	{ "Gmail",			"gmail-smtp-in.l.google.com",			"gmail" },
	{ "Google Workspace",		"aspmx.l.google.com",				"gmail" },
	{ "Google Workspace of today",	"smtp.google.com",				"gmail" },
	{ "Microsoft 365 with DNSSEC",	"cust-example.o-v1.mx.microsoft",		"exchange_online" },
	{ "Yahoo Small Business",	"mx1.biz.mail.am0.yahoodns.net",		"yahoo" },
	{ "Proofpoint",			"mx0a-001a2b01.pphosted.com",			"proofpoint" },
	{ "Proofpoint Essentials",	"mx1-us1.ppe-hosted.com",			"proofpoint" },
	{ "Mimecast",			"eu-smtp-inbound-1.mimecast.com",		"mimecast" },
	{ "Yahoo",			"mta5.am0.yahoodns.net",			"yahoo" },
	{ "nobody known",		"mx.cust.example",				NULL },
};

static const struct { const char *name, *list, *answer; int verdict; } answers[] = {
	{ "SBL",			"spamhaus-zen",	"127.0.0.2",		CODE_LISTED },
	{ "a range",			"spamhaus_zen",	"127.0.0.6",		CODE_LISTED },
	{ "refusal is no listing",	"spamhaus-zen",	"127.255.255.254",	CODE_ERROR },
	{ "not in the codes",		"spamhaus-zen",	"127.0.0.99",		-1 },
	{ "bit 8",			"surbl",	"127.0.0.8",		CODE_LISTED },
	{ "bit 1 refuses",		"surbl",	"127.0.0.1",		CODE_ERROR },
	{ "parked zone",		"surbl",	"192.0.2.8",		-1 },
	{ "a star in the middle",	"dnswl",	"127.0.7.2",		CODE_INFO },
};

static void
test_shipped(const struct data *d)
{
	for (size_t i = 0; i < sizeof(dns_hosts) / sizeof(dns_hosts[0]); i++) {
		const struct dns_host	*h = data_dns_host(d, dns_hosts[i].host);

		CHECK_STR(dns_hosts[i].name, h == NULL ? NULL : h->id, dns_hosts[i].id);
	}
	for (size_t i = 0; i < sizeof(mtas) / sizeof(mtas[0]); i++) {
		const char	*id = NULL;

		for (size_t k = 0; k < d->provider_count && id == NULL; k++)
			if (d->providers[k].mta_regex != NULL &&
			    late_regex_fits(d->providers[k].mta_regex, mtas[i].host))
				id = d->providers[k].id;
		CHECK_STR(mtas[i].name, id, mtas[i].id);
	}
	for (size_t i = 0; i < sizeof(mxs) / sizeof(mxs[0]); i++) {
		const struct provider	*p = data_provider_by_mx(d, mxs[i].host);

		CHECK_STR(mxs[i].name, p == NULL ? NULL : p->id, mxs[i].id);
	}
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		const struct blacklist		*l = data_blacklist(d, answers[i].list);
		const struct blacklist_code	*c = NULL;
		struct ip			 ip;

		CHECK(answers[i].name, l != NULL && ip_parse(text_of(answers[i].answer), &ip));
		if (l != NULL)
			c = blacklist_code(l, ip);
		CHECK(answers[i].name, (c == NULL ? -1 : (int)c->verdict) == answers[i].verdict);
	}
	CHECK("sender by underscores", data_sender(d, "google_workspace") != NULL);
	CHECK("sender by hyphens", data_sender(d, "google-workspace") != NULL);
	CHECK("no such sender", data_sender(d, "google workspace") == NULL);
	CHECK("lists are at least a hundred", d->blacklist_count > 100);
	CHECK("a zone of a bounce", data_blacklist_by_zone(d, "zen.spamhaus.org") != NULL);
	CHECK("provider by domain", data_provider_by_domain(d, "GMAIL.com") != NULL);
	for (size_t i = 0; i < d->pattern_count; i++) {	/* what the list of codes shows of it is recognised by it */
		const struct smtp_pattern	*p = &d->patterns[i];

		CHECK(p->id, p->provider == NULL || (p->says != NULL && late_regex_fits(p->regex, p->says)));
	}
	for (size_t i = 0; i < d->blacklist_count; i++)
		CHECK(d->blacklists[i].id, !d->blacklists[i].query || d->blacklists[i].zone != NULL);
}

/* --- damage: refused with file and line, or loaded; never a crash --- */

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void
test_damage(const struct text *texts)
{
	static const char	 marks[] = ":{}[]-'\"\\\n\t#&*!|>%@`(?+$^0a";
	uint32_t		 seed = 7;
	int			 refused = 0;

	for (int round = 0; round < 300; round++) {
		struct arena	*a = arena_new();
		struct text	 damaged[FILES];
		int		 which = round % FILES;
		char		*p;
		struct err	 err = { ERR_NONE, "" };

		memcpy(damaged, texts, sizeof(damaged));
		p = text_cstr(a, texts[which]);
		for (int k = (int)(next_random(&seed) % 3); k >= 0; k--) {
			size_t	at = next_random(&seed) % texts[which].n;

			if (next_random(&seed) % 4 == 0)
				memmove(p + at, p + at + 1, texts[which].n - at - 1);
			else
				p[at] = marks[next_random(&seed) % (sizeof(marks) - 1)];
		}
		damaged[which].p = p;
		if (round % 50 == 7)
			damaged[which].n = next_random(&seed) % texts[which].n;
		if (load(a, damaged, &err) == NULL) {
			const char	*colon = strchr(err.text, ':');

			refused++;
			CHECK("the error names the file", strstr(err.text, ".yaml:") != NULL);
			CHECK("and the line", colon != NULL && ascii_isdigit((unsigned char)colon[1]));
		}
		arena_free(a);
	}
	CHECK("much damage is noticed", refused > 60);
}

static const struct { const char *name, *file, *text, *want; } errors[] = {
	{ "an unknown key names the nearest",	"dns_hosts", "- {id: a, name: A, class: external, wher: x}",
	    "dns_hosts.yaml:1:" },
	{ "and says it",			"dns_hosts", "- {id: a, name: A, class: external, wher: x}",
	    "where" },
	{ "an id twice",			"dns_hosts",
	    "- {id: a, name: A, class: external, where: x}\n- {id: a, name: A, class: external, where: x}",
	    "dns_hosts.yaml:2:" },
	{ "a bad expression",			"dns_hosts",
	    "- {id: a, name: A, class: external, where: x, regex: ['(']}", "regular expression" },
	{ "an expression that eats memory",	"dns_hosts",
	    "- {id: a, name: A, class: external, where: x, regex: ['((a{1,200}){1,200}){1,200}']}", "too large" },
	{ "a missing field",			"dns_hosts", "- {id: a}", "lacks" },
	{ "a word that is none",		"dns_hosts",
	    "- {id: a, name: A, class: inside, where: x}", "class" },
};

static void
test_errors(const struct text *texts)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct arena	*a = arena_new();
		struct text	 changed[FILES];
		struct err	 err = { ERR_NONE, "" };

		memcpy(changed, texts, sizeof(changed));
		for (int k = 0; k < FILES; k++)
			if (strcmp(names[k], errors[i].file) == 0)
				changed[k] = text_of(errors[i].text);
		CHECK(errors[i].name, load(a, changed, &err) == NULL);
		CHECK(errors[i].name, strstr(err.text, errors[i].want) != NULL);
		arena_free(a);
	}
}

static const struct { const char *pattern, *needs; } needs[] = {
	{ "too many hops",		"too many hops" },
	{ "a(b|c)defg",			"defg" },
	{ "abc|[0-9]+xyzzy",		"abc,xyzzy" },
	{ "abc|.",			"" },
	{ "abcd?e",			"abc" },
	{ "\\(NOWL\\)",			"(nowl)" },
	{ "abcx{0,3}",			"abc" },
	{ "(abc|defg) [0-9]",		"abc,defg" },
	{ "(a|b).*(user|mailbox)",	"user,mailbox" },
	{ "(abc|defg)?[0-9]",		"" },
	{ "(abc|defg){0,2}[0-9]",	"" },
	{ "[(]abc|(x|yyyy) z",		"" },
	{ "(abc|(def|[0-9]))x",		"" },
};

static void
test_needs(void)
{
	struct arena	*a = arena_new();

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		struct text_list	 l = data_regex_needs(a, needs[i].pattern);
		const char		*got = "";

		for (size_t k = 0; k < l.count; k++)
			got = arena_printf(a, "%s%s%s", got, k == 0 ? "" : ",", l.v[k]);
		CHECK_STR(needs[i].pattern, got, needs[i].needs);
	}
	arena_free(a);
}

int
main(void)
{
	struct arena		*a = arena_new();
	struct text		 texts[FILES];
	struct err		 err = { ERR_NONE, "" };
	const struct data	*d;

	if (!read_all(a, texts))
		return 1;
	d = load(a, texts, &err);
	CHECK_STR("the shipped files load", err.text, "");
	if (d != NULL)
		test_shipped(d);
	test_damage(texts);
	test_errors(texts);
	test_needs();
	arena_free(a);
	TEST_END();
}
