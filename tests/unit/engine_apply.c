/*
 * Apply, undo and recover against a panel that is a few lines of C in shared
 * memory and a name server that answers from the same memory: what the journal
 * says must be what that memory holds, whatever goes wrong on the way.
 */

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/canonical.h"
#include "engine/engine.h"
#include "engine/plan.h"
#include "mail/data.h"
#include "net/net.h"
#include "store/audit.h"
#include "store/domains.h"
#include "store/journal.h"
#include "store/plans.h"
#include "unit/store_test.h"

enum mood { WELL, REFUSES, DOES_NOTHING, LOSES_ANSWER, LOSES_AND_DOES_NOTHING, HALF, SILENT, DIES_BEFORE,
    DIES_AFTER, REFUSES_SECOND, REFUSES_SECOND_AND_BACK, SLOW };

static struct world {
	char		 txt[2][64];	/* values of cust.example TXT; "" = none */
	int		 ttl;
	bool		 dkim, limits, held;
	enum mood	 mood;
	int		 writes, calls;
	bool		 dns_old;	/* the name server still says what was */
	bool		 bert_owns;	/* cust.example was moved */
	bool		 down, ready;
} *world;

/* --- the panel --------------------------------------------------------------------------------------- */

static const struct json *
fact_domains(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *p)
{
	struct json *list = json_new_array(a), *one;

	(void)arg, (void)p;
	if (world->down) {
		ev_fail(ev, "domains", "timeout", NULL);
		return NULL;
	}
	one = json_add_object(list);
	json_put_str(one, "name", "cust.example");
	json_put_str(one, "ascii", "cust.example");
	json_put_str(one, "owner", world->bert_owns ? "bert" : "anna");
	one = json_add_object(list);
	json_put_str(one, "name", "b.example");
	json_put_str(one, "ascii", "b.example");
	json_put_str(one, "owner", "bert");
	return list;
}

static const struct json *
fact_accounts(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *p)
{
	(void)ev, (void)arg, (void)p;
	return json_parse(a, TEXT("[{\"login\":\"anna\",\"role\":\"customer\",\"parent\":\"res\"},"
	    "{\"login\":\"bert\",\"role\":\"customer\",\"parent\":null},"
	    "{\"login\":\"res\",\"role\":\"reseller\",\"parent\":null}]"), NULL);
}

static const struct json *
fact_zone(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *p)
{
	struct json *zone = json_new_object(a), *list = json_put_array(zone, "records"), *one;

	(void)p;
	if (world->down) {
		ev_fail(ev, "zone", "timeout", NULL);
		return NULL;
	}
	json_put_bool(zone, "served", true);
	for (int i = 0; i < 2; i++) {
		if (world->txt[i][0] == '\0')
			continue;
		one = json_add_object(list);
		json_put_str(one, "name", arg);
		json_put_str(one, "type", "TXT");
		json_put_int(one, "ttl", world->ttl);
		json_put_str(one, "value", world->txt[i]);
	}
	return zone;
}

static const struct json *
fact_settings(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *p)
{
	struct json *s = json_new_object(a);

	(void)ev, (void)arg, (void)p;
	json_put_bool(s, "dkim", world->dkim);
	json_put_bool(s, "limits", world->limits);
	return s;
}

static const struct json *
fact_queue(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *p)
{
	struct json *q = json_new_object(a), *one = json_add_object(json_put_array(q, "messages"));

	(void)ev, (void)arg, (void)p;
	json_put_str(one, "id", "Q1");
	json_put_str(one, "state", world->held ? "hold" : "deferred");
	return q;
}

static bool
rrset_state(struct evidence *ev, struct arena *a, const struct change *c, const struct panel_params *p,
    const struct json **ret)
{
	const struct json *zone = ev_fact(ev, "zone", c->zone);

	(void)p;
	if (zone == NULL)
		return false;
	*ret = zone_rrset(a, zone, (struct name){ c->name }, c->type);
	return true;
}

static bool
setting_state(struct evidence *ev, struct arena *a, const struct change *c, const struct panel_params *p,
    const struct json **ret)
{
	const struct json *s = ev_fact(ev, "settings", NULL);

	(void)a, (void)p;
	if (s == NULL)
		return false;
	*ret = json_get(s, c->key);
	return true;
}

static void
world_write(const struct change *c, bool half)
{
	const struct json *v = json_first(json_get(c->after, "values"));

	world->writes++;
	if (c->kind == CHANGE_QUEUE) {
		world->held = strcmp(c->action, "hold") == 0;
		return;
	}
	if (c->kind == CHANGE_SETTING) {
		*(strcmp(c->key, "dkim") == 0 ? &world->dkim : &world->limits) = json_value_bool(c->after, false);
		return;
	}
	for (int i = 0; i < 2; i++) {
		snprintf(world->txt[i], sizeof(world->txt[i]), "%s", v == NULL || (half && i > 0) ? "" : json_value_str(v));
		v = json_next(v);
	}
	if (half)
		snprintf(world->txt[1], sizeof(world->txt[1]), "half");
	world->ttl = (int)json_int(c->after, "ttl", 300);
}

static enum step
next(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *p, struct request *call, struct err *err)
{
	bool second = c->kind == CHANGE_SETTING && strcmp(c->key, "limits") == 0;
	enum mood mood = world->mood;

	(void)a, (void)ev, (void)p;
	if (log->count == 0) {
		if (mood == DIES_BEFORE)
			kill(getpid(), SIGKILL);
		*call = (struct request){ .kind = REQUEST_VERB, .u.verb = { .verb = "x", .write = true } };
		return STEP_CALL;
	}
	world->calls++;
	if (mood == REFUSES_SECOND || mood == REFUSES_SECOND_AND_BACK)
		mood = second || (mood == REFUSES_SECOND_AND_BACK && world->writes > 0) ? REFUSES : WELL;
	switch (mood) {
	case REFUSES:
	case LOSES_AND_DOES_NOTHING:
		err_set(err, ERR_DENIED, "no");
		return STEP_FAILED;
	case DOES_NOTHING:
		return STEP_DONE;
	case LOSES_ANSWER:
		world_write(c, false);
		err_set(err, ERR_TIMEOUT, "lost");
		return STEP_FAILED;
	case HALF:
		world_write(c, true);
		err_set(err, ERR_PROTOCOL, "half");
		return STEP_FAILED;
	case DIES_AFTER:
		world_write(c, false);
		kill(getpid(), SIGKILL);
		return STEP_DONE;
	case SILENT:
		world_write(c, false);
		world->down = true;
		err_set(err, ERR_TIMEOUT, "lost");
		return STEP_FAILED;
	case SLOW:
		usleep((useconds_t)(rand() % 30000));
		world_write(c, false);
		usleep((useconds_t)(rand() % 30000));
		return STEP_DONE;
	default:
		world_write(c, false);
		return STEP_DONE;
	}
}

static const struct panel_fact facts[] = {
	{ "domains", fact_domains, 60 }, { "accounts", fact_accounts, 60 }, { "zone", fact_zone, 0 },
	{ "settings", fact_settings, 0 }, { "queue", fact_queue, 0 },
};
static const struct panel_change changes[] = {
	{ CHANGE_RRSET, NULL, next, rrset_state }, { CHANGE_SETTING, NULL, next, setting_state },
	{ CHANGE_QUEUE, NULL, next, NULL },
};
static const struct panel panel = { "plesk", facts, 5, changes, 3, true };

/* --- the name server: resolver and authority in one -------------------------------------------------- */

static int dns_socket;
static uint16_t dns_port;

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
put_rr(uint8_t *p, unsigned type, const uint8_t *rdata, size_t n)
{
	static const uint8_t head[] = { 0xc0, 12, 0, 0, 0, 1, 0, 0, 1, 44, 0, 0 };

	memcpy(p, head, sizeof(head));
	p[3] = (uint8_t)type;
	p[10] = (uint8_t)(n >> 8);
	p[11] = (uint8_t)n;
	memcpy(p + 12, rdata, n);
	return 12 + n;
}

static size_t
dns_answer_to(uint8_t *q, size_t n)
{
	size_t end = 12;
	char name[256] = "";
	unsigned type, count = 0;
	uint8_t rdata[256];

	while (end < n && q[end] != 0) {
		strncat(name, (char *)q + end + 1, q[end]);
		end += q[end] + 1u;
		if (q[end] != 0)
			strcat(name, ".");
	}
	type = q[end + 2];
	n = end + 5;
	q[2] = 0x84 | (q[2] & 1);
	q[3] = 0x80;
	if (type == 2 && strcmp(name, "cust.example") == 0) {
		n += put_rr(q + n, type, rdata, put_name(rdata, "ns1.host.example"));
		count = 1;
	} else if (type == 1 && strcmp(name, "ns1.host.example") == 0) {
		n += put_rr(q + n, type, (const uint8_t *)"\177\0\0\1", 4);
		count = 1;
	} else if (type == 16 && strcmp(name, "cust.example") == 0) {
		for (int i = 0; i < 2; i++) {
			const char *v = world->dns_old ? (i == 0 ? "other" : "") : world->txt[i];

			if (*v == '\0')
				continue;
			rdata[0] = (uint8_t)strlen(v);
			memcpy(rdata + 1, v, strlen(v));
			n += put_rr(q + n, type, rdata, strlen(v) + 1);
			count++;
		}
	}
	memset(q + 6, 0, 6);
	q[7] = (uint8_t)count;
	return n;
}

static void *
dns_serve(void *unused)
{
	(void)unused;
	for (;;) {
		uint8_t q[1500];
		struct sockaddr_in from;
		socklen_t size = sizeof(from);
		ssize_t n = recvfrom(dns_socket, q, 512, 0, (struct sockaddr *)&from, &size);

		if (n > 16)
			sendto(dns_socket, q, dns_answer_to(q, (size_t)n), 0, (struct sockaddr *)&from, size);
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
	pthread_create(&thread, NULL, dns_serve, NULL);
}

/* --- helpers ------------------------------------------------------------------------------------------- */

static struct endpoint resolver;
static struct net_config net_config;
static const struct data no_data;
static const struct rules rules = { .panel_kind = "plesk", .panel_serves_dns = true, .data = &no_data };
static const struct panel_params params;
static const struct identity anna = { .login = "anna", .role = ROLE_CUSTOMER, .session = "s" };
static const struct identity admin = { .login = "root", .role = ROLE_ADMIN, .session = "s" };

static const char rrset_change[] =
    "[{\"kind\":\"rrset\",\"zone\":\"cust.example\",\"name\":\"cust.example\",\"type\":\"TXT\","
    "\"before\":{\"ttl\":300,\"values\":[\"other\"]},\"after\":{\"ttl\":300,\"values\":[\"other\",\"v=spf1 -all\"]}}]";
static const char two_changes[] =
    "[{\"kind\":\"setting\",\"scope\":\"domain\",\"object\":\"cust.example\",\"key\":\"dkim\",\"before\":false,\"after\":true},"
    "{\"kind\":\"setting\",\"scope\":\"domain\",\"object\":\"cust.example\",\"key\":\"limits\",\"before\":false,\"after\":true}]";

static void
world_reset(enum mood mood)
{
	memset(world, 0, sizeof(*world));
	strcpy(world->txt[0], "other");
	world->ttl = 300;
	world->mood = mood;
}

static struct engine *
engine_open(struct store *s)
{
	struct engine_setup setup = { .rules = &rules, .net = &net_config, .panel = &panel,
	    .panel_params = &params, .store = s, .authoritative_port = dns_port, .lang = "en" };
	struct err err;
	struct engine *e = engine_new(&setup, &err);

	if (e == NULL)
		printf("FAIL engine: %s\n", err.text), exit(1);
	return e;
}

static const char *
plan_of(struct store *s, struct arena *a, const char *changes_json, int64_t at)
{
	static int number;
	char id[32];
	struct json *json = json_new_object(a);
	struct store_plan p = { .id = arena_strdup(a, id), .hash = "h", .created_at = at, .login = "anna",
	    .role = "customer", .fix = "spf.publish", .target = "cust.example", .domain = "cust.example",
	    .json = json };
	struct err err;

	snprintf(id, sizeof(id), "plan%d-%d", ++number, (int)getpid());
	p.id = arena_strdup(a, id);
	json_put_copy(json, "changes", json_parse(a, text_of(changes_json), NULL));
	json_put_str(json, "mode", "one_click");
	json_put_null(json, "refused");
	json_put_array(json, "checks_after");
	if (!store_plan_put(s, &p, &err))
		printf("FAIL plan: %s\n", err.text), test_failed++;
	return p.id;
}

static struct rights *
rights_of(struct engine *e, struct arena *a, const struct identity *who)
{
	struct rights *r = NULL;
	struct err err;

	if (!engine_rights(e, a, who, false, &r, &err))
		printf("FAIL rights: %s\n", err.text), test_failed++;
	return r;
}

static const struct json *
apply(struct engine *e, struct arena *a, const char *plan)
{
	struct err err = { 0 };
	const struct json *j = engine_apply(e, a, rights_of(e, a, &anna), "en", plan, "h",
	    (struct text){ "", 0 }, true, &err);

	if (j == NULL)
		printf("FAIL apply: %s\n", err.text), test_failed++;
	return j;
}

static const struct json *
undo(struct engine *e, struct arena *a, int64_t entry)
{
	struct err err = { 0 };
	const struct json *j = engine_undo(e, a, rights_of(e, a, &anna), "en", entry, true, &err);

	if (j == NULL)
		printf("FAIL undo: %s\n", err.text), test_failed++;
	return j;
}

/* --- how it ends ------------------------------------------------------------------------------------------ */

static const struct {
	const char	*name;
	enum mood	 mood;
	const char	*changes, *state;
	const char	*txt1;		/* what the world holds afterwards */
	bool		 dkim, limits;
} ends[] = {
	{ "written and seen", WELL, rrset_change, "verified", "v=spf1 -all", false, false },
	{ "refused", REFUSES, rrset_change, "failed", "", false, false },
	{ "success that did nothing", DOES_NOTHING, rrset_change, "not_applied", "", false, false },
	{ "answer lost, but done", LOSES_ANSWER, rrset_change, "verified", "v=spf1 -all", false, false },
	{ "answer lost, not done", LOSES_AND_DOES_NOTHING, rrset_change, "failed", "", false, false },
	{ "half of it", HALF, rrset_change, "partly", "half", false, false },
	{ "then the panel is down", SILENT, rrset_change, "unknown", "v=spf1 -all", false, false },
	{ "two settings", WELL, two_changes, "verified", "", true, true },
	{ "the second fails: the first is put back", REFUSES_SECOND, two_changes, "failed", "", false, false },
	{ "the second fails and so does putting back", REFUSES_SECOND_AND_BACK, two_changes, "partly", "", true, false },
};

static void
outcomes(struct store *s)
{
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct arena *a = arena_new();
		struct engine *e = engine_open(s);
		const struct json *j;

		world_reset(WELL);
		rights_of(e, a, &anna);
		world->mood = ends[i].mood;
		j = apply(e, a, plan_of(s, a, ends[i].changes, time(NULL)));
		CHECK_STR(ends[i].name, json_str(j, "state"), ends[i].state);
		CHECK_STR(ends[i].name, world->txt[1], ends[i].txt1);
		CHECK(ends[i].name, world->dkim == ends[i].dkim && world->limits == ends[i].limits);
		engine_free(e);
		arena_free(a);
	}
}

static void
once(struct store *s, struct arena *a)
{
	struct engine *e = engine_open(s);
	const char *plan;
	const struct json *j;
	struct err err = { 0 };
	int64_t entry, undo_entry;

	world_reset(WELL);
	plan = plan_of(s, a, rrset_change, time(NULL));
	j = engine_apply(e, a, rights_of(e, a, &anna), "en", plan, "other", (struct text){ "", 0 }, true, &err);
	CHECK_STR("wrong hash", json_str(j, "state"), "conflict");
	CHECK("writes nothing", world->writes == 0 && json_is_null(json_get(j, "entry")));
	j = apply(e, a, plan_of(s, a, rrset_change, time(NULL) - 25 * 3600));
	CHECK_STR("expired", json_str(j, "state"), "conflict");
	CHECK("writes nothing", world->writes == 0);
	j = apply(e, a, plan);
	CHECK_STR("applied", json_str(j, "state"), "verified");
	CHECK_STR("every server", json_str(json_first(json_get(json_get(j, "verification"), "name_servers")), "state"), "ok");
	CHECK("caches", json_str(json_get(j, "verification"), "caches_until") != NULL);
	entry = json_int(j, "entry", 0);
	j = apply(e, a, plan);
	CHECK_STR("not twice", json_str(j, "state"), "conflict");
	CHECK("says by which entry", json_int(j, "entry", 0) == entry && world->writes == 1);

	j = undo(e, a, entry);
	CHECK_STR("undone", json_str(j, "state"), "undone");
	CHECK("exactly as before", strcmp(world->txt[0], "other") == 0 && world->txt[1][0] == '\0' && world->ttl == 300);
	undo_entry = json_int(j, "entry", 0);
	j = engine_journal(e, a, rights_of(e, a, &anna), "en", entry, &err);
	CHECK("undone_by", json_int(json_first(json_get(j, "entries")), "undone_by", 0) == undo_entry);
	j = undo(e, a, entry);
	CHECK_STR("not undone twice", json_str(j, "state"), "conflict");
	j = undo(e, a, undo_entry);
	CHECK_STR("the undo undone", json_str(j, "state"), "undone");
	CHECK_STR("is there again", world->txt[1], "v=spf1 -all");
	strcpy(world->txt[1], "changed by hand");
	j = undo(e, a, json_int(j, "entry", 0));
	CHECK_STR("changed since: refused", json_str(j, "state"), "conflict");
	CHECK_STR("and left alone", world->txt[1], "changed by hand");
	CHECK("with the difference", json_count(json_get(json_get(j, "verification"), "difference")) == 1);

	world_reset(WELL);
	strcpy(world->txt[1], "new");
	j = apply(e, a, plan_of(s, a, rrset_change, time(NULL)));
	CHECK_STR("changed between plan and apply", json_str(j, "state"), "conflict");
	CHECK("writes nothing", world->writes == 0);

	world_reset(WELL);
	plan = plan_of(s, a, rrset_change, time(NULL));
	rights_of(e, a, &anna);
	world->bert_owns = true;
	CHECK("moved to another owner between plan and apply", engine_apply(e, a, rights_of(e, a, &anna), "en",
	    plan, "h", (struct text){ "", 0 }, true, &err) == NULL && err.code == ERR_NOT_FOUND && world->writes == 0);
	world->bert_owns = false;
	world->down = true;
	CHECK("panel down: no change", engine_apply(e, a, rights_of(e, a, &anna), "en",
	    plan, "h", (struct text){ "", 0 }, true, &err) == NULL && err.code == ERR_UNREACHABLE && world->writes == 0);
	world->down = false;

	world_reset(WELL);
	world->dns_old = true;
	j = apply(e, a, plan_of(s, a, rrset_change, time(NULL)));
	CHECK_STR("not yet seen", json_str(j, "state"), "applied");
	entry = json_int(j, "entry", 0);
	world->dns_old = false;
	engine_settle(e);
	j = engine_journal(e, a, rights_of(e, a, &anna), "en", entry, &err);
	CHECK_STR("settles by itself", json_str(json_first(json_get(j, "entries")), "state"), "verified");
	engine_free(e);
}

static const char queue_change[] = "[{\"kind\":\"queue\",\"action\":\"hold\",\"ids\":[\"Q1\",\"GONE\"]}]";

static void
queue(struct store *s, struct arena *a)
{
	struct engine *e = engine_open(s);
	const struct json *j;

	world_reset(WELL);
	j = apply(e, a, plan_of(s, a, queue_change, time(NULL)));
	CHECK_STR("messages are held, and the queue shows it", json_str(j, "state"), "verified");
	j = undo(e, a, json_int(j, "entry", 0));
	CHECK_STR("released", json_str(j, "state"), "undone");
	CHECK("in truth", !world->held && world->writes == 2);
	world->mood = DOES_NOTHING;
	j = apply(e, a, plan_of(s, a, queue_change, time(NULL)));
	CHECK_STR("not held after all", json_str(j, "state"), "not_applied");
	engine_free(e);
}

/* Fifty at once, through the threads of `serve`. */
struct racer { struct engine *engine; const char *plan; int won, conflict; };

static void *
race(void *p)
{
	struct racer *r = p;
	struct arena *a = arena_new();
	struct err err = { 0 };
	const struct json *j = engine_apply(r->engine, a, rights_of(r->engine, a, &anna), "en", r->plan, "h",
	    (struct text){ "", 0 }, true, &err);
	const char *state = json_str(j, "state");

	r->won = state != NULL && strcmp(state, "verified") == 0;
	r->conflict = state != NULL && strcmp(state, "conflict") == 0;
	arena_free(a);
	return NULL;
}

static void
parallel(struct store *s, struct arena *a)
{
	struct engine *e = engine_open(s);
	struct racer racers[50];
	pthread_t threads[50];
	const char *plan;
	struct err err;
	int won = 0, conflict = 0;
	const struct json *j;
	int64_t entry;

	world_reset(WELL);
	CHECK("thread", engine_start(e, &err));
	plan = plan_of(s, a, rrset_change, time(NULL));
	for (int i = 0; i < 50; i++) {
		racers[i] = (struct racer){ e, plan, 0, 0 };
		pthread_create(&threads[i], NULL, race, &racers[i]);
	}
	for (int i = 0; i < 50; i++) {
		pthread_join(threads[i], NULL);
		won += racers[i].won;
		conflict += racers[i].conflict;
	}
	CHECK("one of fifty", won == 1 && conflict == 49 && world->writes == 1);
	j = engine_journal(e, a, rights_of(e, a, &anna), "en", 0, &err);
	entry = json_int(json_first(json_get(j, "entries")), "entry", 0);
	j = engine_undo(e, a, rights_of(e, a, &anna), "en", entry, false, &err);
	/* Begun; on a quick machine it may be done before it is looked at. */
	CHECK("without waiting: begun", strcmp(json_str(j, "state"), "undoing") == 0 ||
	    strcmp(json_str(j, "state"), "undone") == 0);
	engine_stop(e);
	CHECK("and done when the engine has stopped", world->txt[1][0] == '\0' && world->writes == 2);
	engine_free(e);
}

/* --- killed in the middle --------------------------------------------------------------------------------- */

static const struct {
	const char	*name;
	enum mood	 mood;
	const char	*changes, *state;
	int		 writes;
} kills[] = {
	{ "before the write was sent", DIES_BEFORE, rrset_change, "not_applied", 0 },
	{ "after it was done", DIES_AFTER, rrset_change, "verified", 1 },
	{ "after the first of two: put back", DIES_AFTER, two_changes, "undone", 2 },
};

static void
killed(struct store **s, struct arena *a)
{
	for (size_t i = 0; i < sizeof(kills) / sizeof(kills[0]); i++) {
		struct err err = { 0 };
		struct engine *e;
		const char *plan;
		const struct json *j;
		pid_t pid;

		world_reset(kills[i].mood);
		store_close(*s);
		fflush(stdout);
		if ((pid = fork()) == 0) {
			*s = store_open(test_path, &err);
			e = engine_open(*s);
			plan = plan_of(*s, a, kills[i].changes, time(NULL));
			apply(e, a, plan);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
		world->mood = WELL;
		*s = store_open(test_path, &err);
		e = engine_open(*s);
		engine_recover(e);
		j = engine_journal(e, a, rights_of(e, a, &anna), "en", 0, &err);
		CHECK_STR(kills[i].name, json_str(json_first(json_get(j, "entries")), "state"), kills[i].state);
		CHECK(kills[i].name, world->writes == kills[i].writes);
		engine_recover(e);
		CHECK("nothing is left to recover", world->writes == kills[i].writes);
		engine_free(e);
	}
}

/* Killed at any moment, with a panel that takes its time: the journal says what the world holds. */
static void
killed_anywhere(struct store **s, struct arena *a, int rounds)
{
	int wrong = 0, open = 0;

	for (int i = 0; i < rounds; i++) {
		struct err err = { 0 };
		struct engine *e;
		const struct json *j, *entry;
		const char *state, *own;
		bool is_before, is_after;
		pid_t pid;

		world_reset(SLOW);
		store_close(*s);
		fflush(stdout);
		if ((pid = fork()) == 0) {
			const char *plan;

			*s = store_open(test_path, &err);
			e = engine_open(*s);
			plan = plan_of(*s, a, two_changes, time(NULL));
			world->ready = true;
			apply(e, a, plan);
			_exit(1);
		}
		while (!world->ready)
			usleep(500);
		usleep((useconds_t)(rand() % 120000));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		world->mood = WELL;
		*s = store_open(test_path, &err);
		e = engine_open(*s);
		engine_recover(e);
		j = engine_journal(e, a, rights_of(e, a, &anna), "en", 0, &err);
		entry = json_first(json_get(j, "entries"));
		/* Killed before it began: the newest is of an earlier round. */
		own = arena_printf(a, "-%d", (int)pid);
		state = entry != NULL && text_ends(text_of(json_str(entry, "plan")), own) ?
		    json_str(entry, "state") : "none";
		is_before = !world->dkim && !world->limits;
		is_after = world->dkim && world->limits;
		open += strcmp(state, "applying") == 0;
		if (strcmp(state, "verified") == 0 ? !is_after : !is_before) {
			wrong++;
			printf("round %d: %s, world %d %d\n", i, state, world->dkim, world->limits);
		}
		engine_free(e);
	}
	CHECK("every entry has ended", open == 0);
	CHECK("and says what the panel holds", wrong == 0);
}

/* --- rights ------------------------------------------------------------------------------------------------ */

static void
rights(struct store *s, struct arena *a)
{
	const struct identity res = { .login = "res", .role = ROLE_RESELLER };
	const struct identity as_anna = { .login = "root", .role = ROLE_ADMIN, .acting = "anna" };
	const struct identity res_as_anna = { .login = "res", .role = ROLE_RESELLER, .acting = "anna" };
	const struct identity res_as_bert = { .login = "res", .role = ROLE_RESELLER, .acting = "bert" };
	const struct identity nobody = { .login = "eve", .role = ROLE_CUSTOMER };
	struct engine *e = engine_open(s);
	struct err err = { 0 };
	struct rights *r;
	const struct json *j;

	world_reset(WELL);
	CHECK("a customer's own", rights_count(rights_of(e, a, &anna)) == 1 &&
	    rights_domain(rights_of(e, a, &anna), "cust.example") && !rights_domain(rights_of(e, a, &anna), "b.example"));
	CHECK("a reseller's customers'", rights_domain(rights_of(e, a, &res), "cust.example") &&
	    !rights_domain(rights_of(e, a, &res), "b.example"));
	CHECK("an administrator's all", rights_count(rights_of(e, a, &admin)) == 2 && rights_admin(rights_of(e, a, &admin)));
	CHECK("nobody's none", rights_count(rights_of(e, a, &nobody)) == 0);
	r = rights_of(e, a, &as_anna);
	CHECK("as somebody", !rights_admin(r) && rights_role(r) == ROLE_CUSTOMER && rights_count(r) == 1);
	CHECK("a reseller as his customer", engine_rights(e, a, &res_as_anna, false, &r, &err));
	CHECK("not as another's", !engine_rights(e, a, &res_as_bert, false, &r, &err) && err.code == ERR_NOT_FOUND);
	j = engine_domains(e, a, rights_of(e, a, &res), &err);
	CHECK("domains", json_count(json_get(j, "domains")) == 1);
	CHECK_STR("with the reseller", json_str(json_first(json_get(j, "domains")), "reseller"), "res");
	world->down = true;
	CHECK("panel down: looked at", engine_rights(e, a, &anna, false, &r, &err));
	CHECK("not changed", !engine_rights(e, a, &anna, true, &r, &err) && err.code == ERR_UNREACHABLE);
	CHECK("a foreign plan is no plan", engine_plan(e, a, rights_of(e, a, &anna), "en", "spf.publish",
	    "b.example", NULL, 0, &err) == NULL && err.code == ERR_NOT_FOUND);
	engine_free(e);
}

int
main(int argc, char **argv)
{
	struct arena *a = arena_new();
	struct audit_proof proof;
	struct err err = { 0 };
	struct store *s;

	log_level_set(LOG_ERROR);
	test_begin();
	world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	dns_start();
	resolver = (struct endpoint){ .ip = { .family = 4, .b = { 127, 0, 0, 1 } }, .port = dns_port };
	net_config = (struct net_config){ .resolvers = &resolver, .resolver_count = 1, .dns_timeout_ms = 500,
	    .dns_tries = 1, .dns_in_flight = 64, .allow_private = true };
	s = store_open(test_path, &err);
	CHECK_STR("one text for one value", json_canonical(a, json_parse(a,
	    TEXT("{\"b\":[{\"d\":1,\"c\":null}],\"a\":\"x\"}"), &err)), "{\"a\":\"x\",\"b\":[{\"c\":null,\"d\":1}]}");
	rights(s, a);
	outcomes(s);
	once(s, a);
	queue(s, a);
	parallel(s, a);
	killed(&s, a);
	killed_anywhere(&s, a, argc > 1 ? atoi(argv[1]) : 6);
	CHECK("the audit is whole", store_audit_verify(s, &proof, &err) && proof.whole && proof.rows > 0);
	store_close(s);
	test_finish();
	arena_free(a);
	TEST_END();
}
