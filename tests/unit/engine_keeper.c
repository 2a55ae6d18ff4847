/*
 * The keeper over two days of a clock that is ours, with a restart in the
 * middle: every domain has its turn and no minute more than its share; a record
 * that flaps, and one that only one way shows, raise no storm; what breaks and
 * is mended is told once each.
 */

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "base/time.h"
#include "engine/internal.h"
#include "engine/keeper.h"
#include "engine/notice.h"
#include "mail/data.h"
#include "net/net.h"
#include "store/domains.h"
#include "store/notes.h"
#include "store/reports.h"
#include "store/settings.h"
#include "unit/store_test.h"

#define DAY	86400
#define HOUR	3600
#define BEGIN	(1764000000LL / DAY * DAY + 7 * HOUR)
#define PLAIN	288
#define STEP	300

#define CHECK_INT(name, got, want) do {							\
	long long got_ = (long long)(got), want_ = (long long)(want);			\
											\
	CHECK(name, got_ == want_);							\
	if (got_ != want_)								\
		printf("     got %lld, want %lld\n", got_, want_);			\
} while (0)

static _Atomic int64_t now_s = BEGIN;

static int64_t
virtual_clock(void)
{
	return now_s;
}

/* --- the name server: resolver (RD) and authority in one ------------------------------------------- */

static int dns_socket;
static uint16_t dns_port;
static _Atomic int asked[PLAIN];		/* of the resolver, for the SPF record of d<i>.example */
static _Atomic int hours[48];			/* the same of all, by hour */

static size_t
put_name(uint8_t *p, const char *name)
{
	size_t n = 0;

	while (*name != '\0') {
		size_t label = strcspn(name, ".");

		p[n++] = (uint8_t)label;
		memcpy(p + n, name, label);
		n += label;
		name += label + (name[label] == '.');
	}
	p[n++] = 0;
	return n;
}

static size_t
put_rr(uint8_t *p, unsigned type, const void *rdata, size_t n)
{
	static const uint8_t head[] = { 0xc0, 12, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0 };

	memcpy(p, head, sizeof(head));
	p[3] = (uint8_t)type;
	p[11] = (uint8_t)n;
	memcpy(p + 12, rdata, n);
	return 12 + n;
}

static bool
has_spf(const char *name, bool resolver)
{
	int64_t t = now_s - BEGIN;

	if (strcmp(name, "flap.example") == 0)
		return t / (3 * HOUR) % 2 == 0;
	if (strcmp(name, "faces.example") == 0)
		return resolver || t < 5 * HOUR;
	if (strcmp(name, "again.example") == 0)
		return t < 12 * HOUR;
	if (strcmp(name, "broken.example") == 0 || strcmp(name, "muted.example") == 0)
		return t < 10 * HOUR || t >= 30 * HOUR;
	return true;
}

static size_t
answer(uint8_t *q, size_t n)
{
	static const char spf[] = "v=spf1 ip4:203.0.113.10 ~all";
	bool resolver = (q[2] & 1) != 0;
	char name[256] = "";
	uint8_t rdata[256];
	size_t end = 12, at = 0;
	unsigned type;
	int i;

	for (; end < n && q[end] != 0; end += q[end] + 1u)
		at += (size_t)snprintf(name + at, sizeof(name) - at, "%s%.*s", at > 0 ? "." : "", q[end],
		    (char *)q + end + 1);
	type = q[end + 2];
	n = end + 5;
	q[2] = 0x84 | (q[2] & 1);
	q[3] = 0x80;
	memset(q + 6, 0, 6);
	q[7] = 1;
	if (type == 16 && strchr(name, '.') == strrchr(name, '.') && has_spf(name, resolver)) {
		if (resolver && sscanf(name, "d%d.", &i) == 1 && i < PLAIN) {
			asked[i]++;
			if ((now_s - BEGIN) / HOUR < 48)
				hours[(now_s - BEGIN) / HOUR]++;
		}
		rdata[0] = sizeof(spf) - 1;
		memcpy(rdata + 1, spf, sizeof(spf) - 1);
		return n + put_rr(q + n, type, rdata, sizeof(spf));
	}
	if (strstr(name, "silent.example") != NULL && now_s >= BEGIN + 6 * HOUR) {
		q[3] = 0x82;			/* SERVFAIL */
		q[7] = 0;
		return n;
	}
	if (type == 2 && strchr(name, '.') == strrchr(name, '.'))
		return n + put_rr(q + n, type, rdata, put_name(rdata, "ns1.host.example"));
	if (type == 1 && strcmp(name, "ns1.host.example") == 0)
		return n + put_rr(q + n, type, "\177\0\0\1", 4);
	if (type == 1 && strchr(name, '.') == strrchr(name, '.'))
		return n + put_rr(q + n, type, "\313\0\161\012", 4);
	q[7] = 0;
	return n;
}

static void *
serve(void *unused)
{
	(void)unused;
	for (;;) {
		uint8_t q[1500];
		struct sockaddr_in from;
		socklen_t size = sizeof(from);
		ssize_t n = recvfrom(dns_socket, q, 512, 0, (struct sockaddr *)&from, &size);

		if (n > 16)
			sendto(dns_socket, q, answer(q, (size_t)n), 0, (struct sockaddr *)&from, size);
	}
	return NULL;
}

static void
dns_start(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	pthread_t thread;

	dns_socket = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(dns_socket, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    getsockname(dns_socket, (struct sockaddr *)&at, &size) != 0)
		abort();
	dns_port = ntohs(at.sin_port);
	pthread_create(&thread, NULL, serve, NULL);
}

/* --- the hall ---------------------------------------------------------------------------------------- */

static struct endpoint resolver;
static struct net_config net_config = { .resolvers = &resolver, .resolver_count = 1, .dns_timeout_ms = 2000,
    .dns_tries = 2, .dns_in_flight = 256, .allow_private = true, .clock = virtual_clock };
static const struct data no_data;
static struct ip sending;
static struct rules rules = { .panel_kind = "none", .data = &no_data, .addresses = &sending, .address_count = 1,
    .dkim_selector = "default" };
static struct panel_params params;

static struct engine *
engine_open(struct store *s, bool notices_off)
{
	struct engine_setup setup = { .rules = &rules, .net = &net_config, .panel_params = &params, .store = s,
	    .authoritative_port = dns_port, .lang = "en", .notices_off = notices_off };
	struct err err;
	struct engine *e = engine_new(&setup, &err);

	if (e == NULL)
		printf("FAIL engine: %s\n", err.text), exit(1);
	return e;
}

static const struct json *
all_domains(struct arena *a)
{
	static const char *const special[] = { "flap", "faces", "broken", "muted", "resold", "silent", "again" };
	struct json *list = json_new_array(a), *one;

	for (int i = 0; i < PLAIN + 7; i++) {
		const char *name = i < PLAIN ? arena_printf(a, "d%d.example", i) :
		    arena_printf(a, "%s.example", special[i - PLAIN]);

		one = json_add_object(list);
		json_put_str(one, "name", name);
		json_put_str(one, "ascii", name);
		json_put_str(one, "owner", i == PLAIN + 3 ? "mute" : i == PLAIN + 4 ? "rita" : "anna");
		json_put_str(one, "reseller", "rita");
	}
	return list;
}

static struct store *
open_store(void)
{
	struct err err;
	struct store *s = store_open(test_path, &err);

	if (s == NULL)
		printf("FAIL store: %s\n", err.text), exit(1);
	return s;
}

/* How many notices of this kind about this domain; kind NULL = of any. */
static int
told(struct store *s, const char *login, const char *domain, const char *kind)
{
	struct arena *a = arena_new();
	struct err err;
	const struct json *v = json_first(store_notices(s, a, login, 1000, &err));
	int n = 0;

	for (; v != NULL; v = json_next(v))
		n += (domain == NULL || (json_str(v, "target") != NULL && strcmp(json_str(v, "target"), domain) == 0)) &&
		    (kind == NULL || strcmp(json_str(v, "kind"), kind) == 0);
	arena_free(a);
	return n;
}

/* Every change is an event of the panel, said three times. */
static void
events(struct engine *e, int64_t t)
{
	struct err err;

	for (int i = 0; i < 3; i++) {
		if (t % (3 * HOUR) == 0 && !engine_changed(e, "flap.example", &err))
			test_failed++;
		if ((t == 10 * HOUR || t == 30 * HOUR) && (!engine_changed(e, "broken.example", &err) ||
		    !engine_changed(e, "muted.example", &err)))
			test_failed++;
		if (t == 6 * HOUR && !engine_changed(e, "faces.example", &err))
			test_failed++;
		if (t == 7 * HOUR && !engine_changed(e, "silent.example", &err))
			test_failed++;
		if (t == 20 * HOUR && !engine_changed(e, "stranger.example", &err))
			test_failed++;
	}
}

static void
live(struct engine *e, struct keeper *k, int64_t from, int64_t to)
{
	for (int64_t t = from; t < to; t += STEP) {
		now_s = BEGIN + t;
		events(e, t);
		if (t == 13 * HOUR) {		/* somebody checks again, in the page or on the command line */
			const char *name = "again.example";
			struct check_options options = { .depth = TRUTH_AUTHORITATIVE, .keep = true, .fresh = true };
			struct err err;

			if (!engine_check(e, NULL, &name, 1, NULL, &options, NULL, NULL, &err))
				test_failed++;
		}
		now_s += 10;		/* the events have waited */
		keeper_round(e, k, now_s);
	}
}

static void
two_days(void)
{
	struct arena *a = arena_new();
	struct store *s = open_store();
	struct keeper k = { 0 };
	struct engine *e;
	struct err err;
	int least = 99, most = 0, quietest = 9999, busiest = 0, sum = 0;

	params.domains = all_domains(a);
	CHECK("muted", store_notices_off(s, "mute", true, BEGIN, &err));
	e = engine_open(s, false);
	live(e, &k, 0, 26 * HOUR + 30 * 60);
	CHECK_INT("nothing told at the beginning, but of what changed", told(s, "anna", NULL, NULL),
	    told(s, "anna", "flap.example", NULL) + told(s, "anna", "broken.example", NULL) +
	    told(s, "anna", "again.example", NULL));
	CHECK_INT("what somebody saw is confirmed, and told", told(s, "anna", "again.example", "appeared"), 1);
	CHECK_INT("silence is no news", told(s, "anna", "silent.example", NULL), 0);
	engine_free(e);				/* a restart, with nothing but the store left */
	store_close(s);
	s = open_store();
	e = engine_open(s, false);
	k = (struct keeper){ 0 };
	live(e, &k, 26 * HOUR + 35 * 60, 48 * HOUR);

	for (int i = 0; i < PLAIN; i++) {
		least = asked[i] < least ? asked[i] : least;
		most = asked[i] > most ? asked[i] : most;
		sum += asked[i];
	}
	for (int h = 1; h < 48; h++) {
		quietest = hours[h] < quietest ? hours[h] : quietest;
		busiest = hours[h] > busiest ? hours[h] : busiest;
	}
	printf("looks per domain %d to %d, per hour %d to %d, %d in all\n", least, most, quietest, busiest, sum);
	CHECK("every domain once at first, and once a day", least >= 2 && most <= 3);
	CHECK("spread over the day", quietest >= PLAIN / 24 / 2 && busiest <= PLAIN / 24 * 2);

	CHECK_INT("what breaks is told", told(s, "anna", "broken.example", "appeared"), 1);
	CHECK_INT("and once that it is resolved", told(s, "anna", "broken.example", "resolved"), 1);
	CHECK_INT("nothing more of it", told(s, "anna", "broken.example", NULL), 2);
	CHECK_INT("what flaps is told once each way", told(s, "anna", "flap.example", NULL), 2);
	CHECK_INT("what only one way shows is told to nobody", told(s, "anna", "faces.example", NULL), 0);
	CHECK_INT("who does not want it", told(s, "mute", NULL, NULL), 0);
	CHECK_INT("silence of a day is", told(s, "anna", "silent.example", "appeared"), 1);
	CHECK_INT("all others are as they were", told(s, "anna", NULL, NULL), 6);
	CHECK("the reseller has a digest, not each", told(s, "rita", NULL, "digest") >= 1 &&
	    told(s, "rita", NULL, "digest") <= 2 && told(s, "rita", NULL, NULL) == told(s, "rita", NULL, "digest"));
	CHECK_INT("the server stands as it stood", told(s, NULL, NULL, NULL), 0);
	CHECK("a stranger's domain is not looked at",
	    store_report_get(s, a, &everybody, "domain", "stranger.example", &err) == NULL);
	CHECK("history is kept", json_count(store_history(s, a, &everybody, "domain", "broken.example", 20, &err)) >= 2);
	engine_free(e);
	store_close(s);
	arena_free(a);
}

/* --- tables ------------------------------------------------------------------------------------------------ */

/* Hour and weight at each look; what is told, one letter each: a w r, or - for nothing. */
static const struct {
	const char *name, *looks, *told;
} notes[] = {
	{ "appears and stays",			"0:22 24:22 48:22", "a--" },
	{ "appears and is mended",		"0:22 5:0 29:0", "ar-" },
	{ "becomes worse",			"0:11 5:23", "aw" },
	{ "becomes better: nothing",		"0:23 5:11", "a-" },
	{ "flaps: once each way",		"0:22 1:0 2:22 3:0 4:22 5:0", "ar----" },
	{ "flaps, then stays broken a day",	"0:22 1:0 2:22 3:0 4:22 28:22", "ar---a" },
	{ "flaps, then stays well: was told",	"0:22 1:0 2:22 3:0 27:0", "ar---" },
	{ "the next month is another story",	"0:22 1:0 700:22 701:0", "arar" },
	{ "worse while it flaps",		"0:22 1:0 2:22 3:24", "ar--" },
};

static void
note_table(void)
{
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		struct standing s = { .finding = "spf.missing", .subject = "x" };
		const char *p = notes[i].looks;
		char said[32] = "";
		int hour, weight, n;

		while (sscanf(p, "%d:%d%n", &hour, &weight, &n) == 2) {
			strncat(said, &"-\0a\0w\0r\0"[2 * standing_note(&s, weight, BEGIN + hour * HOUR)], 1);
			p += n;
		}
		CHECK_STR(notes[i].name, said, notes[i].told);
	}
}

static const struct {
	const char	*name;
	int		 weight;	/* that stands */
	const char	*first, *second;	/* verdicts of spf.missing@x; "" = spf.ok, "?" = spf.unknown, NULL = no look */
	bool		 agree;
	int		 result;
} agreements[] = {
	{ "new by both ways",			0,  "problem", "problem", true, 20 },
	{ "new by one way",			0,  "problem", "", false, 0 },
	{ "new, the other way says nothing",	0,  "problem", "?", false, 0 },
	{ "new, no second look yet",		0,  "problem", NULL, false, 0 },
	{ "gone by both ways",			20, "", "", true, 0 },
	{ "gone by one way",			20, "", "problem", false, 0 },
	{ "gone, the other way says nothing",	20, "", "?", false, 0 },
	{ "could not be seen: as it was",	20, "?", NULL, true, 20 },
	{ "as it was: no second look is needed", 20, "problem", NULL, true, 20 },
	{ "worse by one way",			10, "problem", "warning", false, 0 },
	{ "worse by both ways",			10, "problem", "problem", true, 20 },
	{ "better is no change",		20, "warning", NULL, true, 10 },
};

static const struct json *
report_of(struct arena *a, const char *verdict)
{
	const char *id = verdict == NULL || verdict[0] == '\0' ? "spf.ok" : verdict[0] == '?' ? "spf.unknown" : "spf.missing";

	if (verdict == NULL)
		return NULL;
	return json_parse(a, text_of(arena_printf(a, "{\"findings\":[{\"id\":\"%s\",\"check\":\"spf\",\"subject\":\"x\","
	    "\"verdict\":\"%s\"}]}", id, verdict[0] == '\0' ? "ok" : verdict[0] == '?' ? "unknown" : verdict)), NULL);
}

static void
agreement_table(void)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(agreements) / sizeof(agreements[0]); i++) {
		struct standing s = { .finding = "spf.missing", .subject = "x", .weight = agreements[i].weight };
		int weight = -1;
		bool agree = looks_agree(&s, report_of(a, agreements[i].first), report_of(a, agreements[i].second), &weight);

		CHECK(agreements[i].name, agree == agreements[i].agree && (!agree || weight == agreements[i].result));
	}
	arena_free(a);
}

/* --- acknowledged ----------------------------------------------------------------------------------------- */

static bool
put(struct store *s, struct arena *a, const char *findings, int64_t at)
{
	const struct json *report = json_parse(a, text_of(arena_printf(a, "{\"target\":{\"kind\":\"domain\","
	    "\"name\":\"ack.example\",\"ascii\":\"ack.example\",\"owner\":\"anna\"},\"checked_at\":\"%s\","
	    "\"summary\":{\"worst\":\"problem\"},\"findings\":[%s]}", time_str(a, at), findings)), NULL);
	struct kept_report kept;
	struct err err;

	return store_report_ready(a, report, &kept, &err) && store_reports_put(s, &kept, 1, &err);
}

#define ONE(severity, subject) "{\"id\":\"blacklist.listed\",\"check\":\"blacklist\",\"verdict\":\"problem\"," \
    "\"severity\":\"" severity "\",\"subject\":\"" subject "\"}"

static void
acknowledged(void)
{
	struct arena *a = arena_new();
	struct store *s = open_store();
	struct err err;
	size_t i;
	static const struct { const char *name, *findings; bool holds; } then[] = {
		{ "as bad as it was", ONE("high", "1"), true },
		{ "better", ONE("low", "1"), true },
		{ "gone", "", true },
		{ "more severe", ONE("critical", "1"), false },
		{ "more of it", ONE("high", "1") "," ONE("high", "2"), false },
	};

	for (i = 0; i < sizeof(then) / sizeof(then[0]); i++) {
		put(s, a, ONE("high", "1"), BEGIN);
		CHECK("acknowledge", store_acknowledge(s, "ack.example", "blacklist.listed", "anna", "known", BEGIN,
		    BEGIN + DAY, &err));
		put(s, a, then[i].findings, BEGIN + 10);
		CHECK(then[i].name, (json_count(store_acknowledged(s, a, &everybody, "ack.example", BEGIN + 20, &err)) == 1) ==
		    then[i].holds);
	}
	put(s, a, ONE("high", "1"), BEGIN);
	store_acknowledge(s, "ack.example", "blacklist.listed", "anna", "known", BEGIN, BEGIN + DAY, &err);
	CHECK_INT("until its day", (long long)json_count(store_acknowledged(s, a, &everybody, "ack.example", BEGIN + DAY - 1,
	    &err)), 1);
	CHECK_INT("and no longer", (long long)json_count(store_acknowledged(s, a, &everybody, "ack.example", BEGIN + DAY,
	    &err)), 0);
	store_close(s);
	arena_free(a);
}

int
main(void)
{
	log_level_set(LOG_ERROR);
	dns_start();
	test_begin();
	endpoint_parse(TEXT("127.0.0.1:1"), 53, &resolver);
	resolver.port = dns_port;
	ip4_parse(TEXT("203.0.113.10"), &sending);
	note_table();
	agreement_table();
	acknowledged();
	test_finish();
	mkdir(test_dir, 0700);
	two_days();
	test_finish();
	TEST_END();
}
