#include "unit/test.h"

#include <pthread.h>
#include <unistd.h>

#include "base/arena.h"
#include "net/net.h"

/* What net.h promises, as far as nobody needs to answer. */

struct seen {
	struct net	*net;
	int		 answers;
	enum err_code	 code;
	enum dns_failure failure;
	bool		 again, keep;
	struct arena	*kept;
	const char	*name;
};

static struct request
question(struct arena *a, const char *name, const struct endpoint *servers, size_t count)
{
	struct request r = { .kind = REQUEST_DNS };

	name_parse(a, text_of(name), &r.u.dns.name);
	r.u.dns.type = RR_A;
	r.u.dns.servers = servers;
	r.u.dns.count = count;
	return r;
}

static void
on_reply(void *ctx, const struct reply *reply)
{
	struct seen *seen = ctx;
	struct request r;
	struct arena *a;

	seen->answers++;
	seen->code = reply->err.code;
	if (reply->u.dns != NULL) {
		seen->failure = reply->u.dns->failure;
		seen->name = reply->u.dns->name.s;
	}
	if (seen->keep)
		seen->kept = net_keep(seen->net);
	if (seen->again) {
		seen->again = false;
		a = arena_new();
		r = question(a, "again.example", NULL, 0);
		net_submit(seen->net, &r, on_reply, seen);
		arena_free(a);		/* the request was copied */
	}
}

static struct net *
make(void)
{
	static struct endpoint nobody;
	struct net_config config = { .resolvers = &nobody, .resolver_count = 1,
	    .dns_timeout_ms = 50, .dns_tries = 1 };
	struct err err;

	/* Nobody listens there. */
	endpoint_parse(TEXT("127.0.0.1:1"), 53, &nobody);
	return net_new(&config, &err);
}

static void
turn_until(struct net *net, size_t open)
{
	int i;

	for (i = 0; i < 1000 && net_open(net) > open; i++)
		net_turn(net, 10);
}

static void
test_answers(void)
{
	struct arena *a = arena_new();
	struct net *net = make();
	struct seen seen = { .net = net };
	struct request r = question(a, "a.example", NULL, 0);
	struct endpoint private;

	net_submit(net, &r, on_reply, &seen);
	CHECK("not from inside submit", seen.answers == 0 && net_open(net) == 1);
	turn_until(net, 0);
	CHECK("a closed port", seen.answers == 1 && seen.code == ERR_UNREACHABLE &&
	    seen.failure == DNS_UNREACHABLE);

	endpoint_parse(TEXT("10.0.0.1:53"), 53, &private);
	r = question(a, "a.example", &private, 1);
	net_submit(net, &r, on_reply, &seen);
	CHECK("not from inside submit", seen.answers == 1);
	turn_until(net, 0);
	CHECK("a private server", seen.answers == 2 && seen.code == ERR_DENIED &&
	    seen.failure == DNS_FORBIDDEN);

	r = (struct request){ .kind = REQUEST_HTTP };
	r.u.http.method = "GET";
	r.u.http.path = "/";
	net_submit(net, &r, on_reply, &seen);
	CHECK("not from inside submit", seen.answers == 2);
	turn_until(net, 0);
	CHECK("no panel", seen.answers == 3 && seen.code == ERR_UNSUPPORTED);

	r = (struct request){ .kind = REQUEST_VERB };
	r.u.verb.verb = "queue-list";
	net_submit(net, &r, on_reply, &seen);
	turn_until(net, 0);
	CHECK("no helper", seen.answers == 4 && seen.code == ERR_UNSUPPORTED);

	seen.again = true;
	r = question(a, "a.example", NULL, 0);
	net_submit(net, &r, on_reply, &seen);
	turn_until(net, 0);
	CHECK("submit from inside done", seen.answers == 6);

	seen.keep = true;
	net_submit(net, &r, on_reply, &seen);
	turn_until(net, 0);
	CHECK_STR("kept", seen.name, "a.example");
	arena_free(seen.kept);
	net_free(net);
	arena_free(a);
}

static void
test_end(void)
{
	struct arena *a = arena_new();
	struct net *net = make();
	struct seen seen = { .net = net, .again = true };
	struct request r = question(a, "a.example", NULL, 0);
	int i;

	for (i = 0; i < 500; i++)
		net_submit(net, &r, on_reply, &seen);
	r = (struct request){ .kind = REQUEST_VERB };
	r.u.verb.verb = "queue-list";
	net_submit(net, &r, on_reply, &seen);
	net_free(net);
	CHECK("all are answered at the end, and what they submit", seen.answers == 502);
	CHECK("busy", seen.code == ERR_BUSY);

	net = make();
	seen = (struct seen){ .net = net };
	r = question(a, "a.example", NULL, 0);
	for (i = 0; i < 500; i++)
		net_submit(net, &r, on_reply, &seen);
	net_turn(net, 0);		/* some are under way */
	net_free(net);
	CHECK("under way", seen.answers == 500);
	arena_free(a);
}

static void *
wake_later(void *net)
{
	usleep(50000);
	net_wake(net);
	return NULL;
}

static void
test_wake(void)
{
	struct net *net = make();
	uint64_t before;
	pthread_t thread;

	net_turn(net, 0);
	before = net_now_ms(net);
	pthread_create(&thread, NULL, wake_later, net);
	net_turn(net, 5000);
	pthread_join(thread, NULL);
	CHECK("woken", net_now_ms(net) - before < 4000);
	before = net_now_ms(net);
	net_turn(net, 30);
	CHECK("waits as long as it may", net_now_ms(net) - before >= 29);
	net_free(net);
}

static void
test_bad_configurations(void)
{
	static const struct {
		const char		*name;
		struct net_config	 config;
	} cases[] = {
		{ "no URL",		{ .panel_url = "::" } },
		{ "http",		{ .panel_url = "http://panel.example:8443" } },
		{ "file",		{ .panel_url = "file:///etc/passwd" } },
		{ "a pin that is none",	{ .panel_url = "https://p.example", .panel_pin_sha256 = "x" } },
		{ "a pin too short",	{ .panel_url = "https://p.example", .panel_pin_sha256 = "YWJj" } },
		{ "a key of two lines",	{ .panel_url = "https://p.example", .panel_secret = TEXT("a\r\nb") } },
		{ "a key with NUL",	{ .panel_url = "https://p.example", .panel_secret = TEXT("a\0b") } },
		{ "no such file",	{ .tls_ca_file = "/nonexistent/ca.pem" } },
	};
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK(cases[i].name, net_new(&cases[i].config, &err) == NULL);
		CHECK(cases[i].name, err.code == ERR_VALUE && err.text[0] != '\0');
	}
}

int
main(void)
{
	test_answers();
	test_end();
	test_wake();
	test_bad_configurations();
	TEST_END();
}
