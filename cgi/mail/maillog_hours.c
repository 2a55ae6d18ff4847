#include "mail/maillog_hours.h"

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "mail/mailaddr.h"

#define HOUR_S		3600
#define DAY_S		86400
#define SCRATCH_LINES	500	/* entries of the journal between two sweeps */

static const char *const words[MAILLOG_WHOS] = { "server", "mailbox", "domain", "user", "script", "sender", "received",
    "forward" };

const char *
maillog_who_word(enum maillog_who who)
{
	return words[who];
}

bool
maillog_who_parse(const char *word, enum maillog_who *ret)
{
	for (size_t i = 0; i < MAILLOG_WHOS; i++)
		if (strcmp(word, words[i]) == 0) {
			*ret = (enum maillog_who)i;
			return true;
		}
	return false;
}

#define IS_V6	((int64_t)1 << 32)

int64_t
maillog_network(struct ip ip)
{
	if (ip.family == 4)
		return (int64_t)ip.b[0] << 8 | ip.b[1];
	return IS_V6 | (int64_t)ip.b[0] << 24 | (int64_t)ip.b[1] << 16 | (int64_t)ip.b[2] << 8 | ip.b[3];
}

const char *
maillog_network_text(struct arena *a, int64_t n)
{
	if ((n & IS_V6) == 0)
		return arena_printf(a, "%u.%u.0.0/16", (unsigned)(n >> 8 & 0xff), (unsigned)(n & 0xff));
	return arena_printf(a, "%x:%x::/32", (unsigned)(n >> 16 & 0xffff), (unsigned)(n & 0xffff));
}

#define RECENT	1024		/* messages whose end may still be refused */
#define ID_MAX	24

/* A message that was let in: what it was counted for. */
struct recent {
	char			 id[ID_MAX];
	const char		*account;	/* or NULL */
	struct maillog_hour	*counted[3];
};

#define RECEIVED	4096	/* recipients whose message may still come again, as a copy of it is sent on */
#define REWRITTEN	512	/* messages with a rewritten sender that are on their way */
#define REWRITTEN_MAX	128

/* Each at the place of its hash; a later one takes that of an earlier. */
struct rewritten {
	uint64_t	 id;
	char		 from[REWRITTEN_MAX];	/* "@domain" */
};

struct maillog_hours {
	struct arena		*arena, *scratch;
	int64_t			 now, zone_s;
	struct maillog_span	 span;
	size_t			 entries;
	struct map		*rows, *logins;
	struct recent		 recent[RECENT];	/* a ring */
	size_t			 recent_at;
	uint64_t		 received[RECEIVED];
	struct rewritten	 rewritten[REWRITTEN];
};

static void
free_scratch(void *p)
{
	struct maillog_hours *h = p;

	arena_free(h->scratch);
}

struct maillog_hours *
maillog_hours_new(struct arena *a, int64_t now, int64_t zone_s)
{
	struct maillog_hours *h = arena_zalloc(a, sizeof(*h));

	*h = (struct maillog_hours){ .arena = a, .scratch = arena_new(), .now = now, .zone_s = zone_s,
	    .span = { .since = -1, .until = -1 }, .rows = map_new(a), .logins = map_new(a) };
	arena_defer(a, free_scratch, h);
	return h;
}

/* --- rows --------------------------------------------------------------------------------------------- */

static const char *
name_of(struct maillog_hours *h, struct text t, bool as_is)
{
	char *name;

	if (t.p == NULL || t.n == 0 || t.n > MAILLOG_NAME_MAX || memchr(t.p, '\0', t.n) != NULL)
		return NULL;
	name = arena_strndup(h->scratch, t.p, t.n);
	for (char *p = name; !as_is && *p != '\0'; p++)
		*p = (char)ascii_tolower((unsigned char)*p);
	return name;
}

/* NULL: there are too many, or it has no name. */
static struct maillog_hour *
row(struct maillog_hours *h, enum maillog_who who, struct text name, int64_t at)
{
	const char *key = who == MAILLOG_SERVER ? "" : name_of(h, name, who == MAILLOG_FILE);
	struct maillog_hour *r;
	int64_t hour = at / HOUR_S;

	if (key == NULL)
		return NULL;
	key = arena_printf(h->scratch, "%d%llx %s", (int)who, (unsigned long long)hour, key);
	if ((r = map_get(h->rows, key)) != NULL)
		return r;
	if (map_count(h->rows) >= MAILLOG_HOURS_MAX) {
		h->span.more = true;
		return NULL;
	}
	r = arena_zalloc(h->arena, sizeof(*r));
	*r = (struct maillog_hour){ .who = who, .hour = hour * HOUR_S,
	    .name = arena_strdup(h->arena, strchr(key, ' ') + 1) };
	map_put(h->rows, key, r);
	return r;
}

static struct maillog_hour *
add_message(struct maillog_hours *h, enum maillog_who who, struct text name, int64_t at)
{
	struct maillog_hour *r = row(h, who, name, at);

	if (r != NULL)
		r->messages++;
	return r;
}

/* --- those that were let in a moment ago --------------------------------------------------------------- */

static void
remember(struct maillog_hours *h, struct text id, const char *account, struct maillog_hour *a, struct maillog_hour *b,
    struct maillog_hour *c)
{
	struct recent *r = &h->recent[h->recent_at++ % RECENT];

	if (id.n == 0 || id.n >= ID_MAX)
		return;
	*r = (struct recent){ .account = account, .counted = { a, b, c } };
	memcpy(r->id, id.p, id.n);
}

/* The newest of that id: short ids come again. */
static struct recent *
recall(struct maillog_hours *h, struct text id)
{
	for (size_t i = 0; id.n > 0 && i < RECENT; i++) {
		struct recent *r = &h->recent[(h->recent_at + RECENT - 1 - i) % RECENT];

		if (text_is(id, r->id))
			return r;
	}
	return NULL;
}

/* It was refused after all, once for however many recipients. */
static void
take_back(struct recent *r)
{
	for (size_t i = 0; i < sizeof(r->counted) / sizeof(r->counted[0]); i++) {
		if (r->counted[i] != NULL && r->counted[i]->messages > 0)
			r->counted[i]->messages--;
		r->counted[i] = NULL;
	}
}

static void
add_login(struct maillog_hours *h, struct text account, struct ip ip, int64_t at)
{
	const char *name = name_of(h, account, false), *key;
	int64_t network = maillog_network(ip);
	struct maillog_login *l;

	if (name == NULL || !maillog_is_outside(ip))
		return;
	key = arena_printf(h->scratch, "%llx %llx %s", (unsigned long long)(at / HOUR_S), (unsigned long long)network,
	    name);
	if ((l = map_get(h->logins, key)) == NULL) {
		if (map_count(h->logins) >= MAILLOG_HOURS_MAX) {
			h->span.more = true;
			return;
		}
		l = arena_zalloc(h->arena, sizeof(*l));
		*l = (struct maillog_login){ arena_strdup(h->arena, name), network, at / HOUR_S * HOUR_S, 0 };
		map_put(h->logins, key, l);
	}
	l->count++;
}

/* --- lines -------------------------------------------------------------------------------------------- */

static bool
is_loopback(struct ip ip)
{
	static const uint8_t one[16] = { [15] = 1 };

	return ip.family == 4 ? ip.b[0] == 127 : ip.family == 6 && memcmp(ip.b, one, sizeof(one)) == 0;
}

static void
add_accepted(struct maillog_hours *h, const struct maillog_line *l)
{
	struct maillog_hour *mailbox;

	if (l->account.p == NULL) {
		if (!l->again && is_loopback(l->client))
			add_message(h, MAILLOG_USER, TEXT(MAILLOG_LOCALHOST), l->at);
		return;
	}
	mailbox = add_message(h, MAILLOG_MAILBOX, l->account, l->at);
	remember(h, l->id, mailbox == NULL ? NULL : mailbox->name, add_message(h, MAILLOG_SERVER, l->account, l->at),
	    mailbox, add_message(h, MAILLOG_DOMAIN, mailaddr_domain(l->account), l->at));
	add_login(h, l->account, l->client, l->at);
}

static void
add_local(struct maillog_hours *h, const struct maillog_line *l)
{
	struct text user = l->user;

	if (l->sender.n == 0)		/* our own bounces */
		return;
	if (user.p == NULL && l->uid >= 0)
		user = text_of(arena_printf(h->scratch, "%lld", (long long)l->uid));
	remember(h, l->id, NULL, add_message(h, MAILLOG_SERVER, user, l->at), add_message(h, MAILLOG_USER, user, l->at),
	    add_message(h, MAILLOG_DOMAIN, mailaddr_domain(l->sender), l->at));
}

/* Refused, and whether it was for a limit. */
static void
add_refused(struct maillog_hours *h, const struct maillog_line *l)
{
	bool account;
	struct text limited = maillog_limited(l, &account);
	bool domain = memchr(limited.n == 0 ? "@" : limited.p, '@', limited.n == 0 ? 1 : limited.n) == NULL &&
	    l->event == MAILLOG_DELIVERY;
	struct maillog_hour *all = NULL, *who = NULL;
	struct recent *recent;

	if (l->event != MAILLOG_REJECTED && limited.n == 0)
		return;
	recent = recall(h, l->id);
	if (recent != NULL)
		take_back(recent);
	if (recent != NULL && recent->account != NULL && !domain) {
		account = true;
		limited = limited.n > 0 ? text_of(recent->account) : limited;
	}
	all = row(h, MAILLOG_SERVER, limited, l->at);
	if (limited.n > 0)
		who = row(h, domain ? MAILLOG_DOMAIN : account ? MAILLOG_MAILBOX : MAILLOG_CLAIMED, limited, l->at);
	else if (recent != NULL && recent->account != NULL)
		who = row(h, MAILLOG_MAILBOX, text_of(recent->account), l->at);
	else if (l->account.p != NULL)
		who = row(h, MAILLOG_MAILBOX, l->account, l->at);
	for (size_t i = 0; i < 2; i++) {
		struct maillog_hour *r = i == 0 ? all : who;

		if (r == NULL)
			continue;
		r->rejected++;
		r->limited += limited.n > 0;
	}
}

static void
add_failed(struct maillog_hours *h, const struct maillog_line *l)
{
	struct maillog_hour *r = row(h, MAILLOG_SERVER, l->account, l->at);

	if (r != NULL)
		r->failed++;
}

/* --- forwarding ---------------------------------------------------------------------------------------- */

/* FNV-1a */
static uint64_t
hash_of(uint64_t h, struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		h = (h ^ ascii_tolower((unsigned char)t.p[i])) * 0x100000001b3;
	return h;
}

#define HASH_SEED	0xcbf29ce484222325

/* SRS0=hash=tt=domain=user@ours: what an MTA makes of a sender when it sends mail on. */
static void
add_queued(struct maillog_hours *h, const struct maillog_line *l)
{
	struct text domain = mailaddr_domain(l->sender);
	uint64_t id = hash_of(HASH_SEED, l->id);
	struct rewritten *r = &h->rewritten[id % REWRITTEN];

	if (l->id.n == 0 || domain.n == 0 || domain.n + 2 > sizeof(r->from) || l->sender.n < 6 ||
	    memchr("=+-", l->sender.p[4], 3) == NULL ||
	    (!text_istarts(l->sender, "SRS0") && !text_istarts(l->sender, "SRS1")))
		return;
	r->id = id;
	r->from[0] = '@';
	memcpy(r->from + 1, domain.p, domain.n);
	r->from[domain.n + 1] = '\0';
}

/* Once for each recipient of a message, however many copies of it are sent on; short ids come again, hours later. */
static void
add_received(struct maillog_hours *h, const struct maillog_line *l, struct text recipient)
{
	uint64_t key = hash_of(hash_of(HASH_SEED ^ (uint64_t)(l->at / HOUR_S), l->id), recipient);

	if (l->id.n > 0 && h->received[key % RECEIVED] == key)
		return;
	h->received[key % RECEIVED] = key;
	add_message(h, MAILLOG_RECEIVED, mailaddr_domain(recipient), l->at);
}

/* One recipient: mail for here that stays, or that is sent on to another provider. */
static void
add_delivery(struct maillog_hours *h, const struct maillog_line *l)
{
	bool sent = text_is(l->status, "sent");
	struct text to = mailaddr_domain(l->recipient), from = l->original, home;
	uint64_t id = hash_of(HASH_SEED, l->id);
	struct rewritten *r = &h->rewritten[id % REWRITTEN];
	struct maillog_hour *hour;

	if (!sent && !text_is(l->status, "bounced"))
		return;
	if (!l->elsewhere) {
		if (sent)
			add_received(h, l, from.n > 0 ? from : l->recipient);
		return;
	}
	if (from.n == 0 && l->id.n > 0 && r->id == id)
		from = text_of(r->from);
	home = mailaddr_domain(from);
	if (home.n == 0 || to.n == 0 || text_ieq(home, to))
		return;
	if (l->original.n > 0)			/* the other was received before it was sent on */
		add_received(h, l, from);
	hour = row(h, MAILLOG_FORWARD, text_of(arena_printf(h->scratch, "%s %s", text_cstr(h->scratch, from),
	    text_cstr(h->scratch, to))), l->at);
	if (hour != NULL) {
		hour->messages += sent;
		hour->rejected += !sent;
	}
}

static void
add(struct maillog_hours *h, const struct maillog_line *l)
{
	switch (l->event) {
	case MAILLOG_ACCEPTED:
		add_accepted(h, l);
		break;
	case MAILLOG_LOCAL:
		add_local(h, l);
		break;
	case MAILLOG_SCRIPT:
		add_message(h, MAILLOG_FILE, l->script, l->at);
		break;
	case MAILLOG_QUEUED:
		add_queued(h, l);
		break;
	case MAILLOG_DELIVERY:
		add_delivery(h, l);
		add_refused(h, l);
		break;
	case MAILLOG_REJECTED:
		add_refused(h, l);
		break;
	case MAILLOG_AUTH_FAILED:
		add_failed(h, l);
		break;
	default:
		break;
	}
}

void
maillog_hours_add(struct maillog_hours *h, struct text line)
{
	bool entry = line.n > 0 && line.p[0] == '{';
	struct maillog_line l;

	if (++h->entries % SCRATCH_LINES == 0) {
		arena_free(h->scratch);
		h->scratch = arena_new();
	}
	if (entry ? !maillog_read_journal(h->scratch, line, &l) : !maillog_read(line, h->now, &l))
		return;
	if (l.zoneless)
		l.at -= h->zone_s;
	h->span.lines++;
	/* A clock that was wrong; and what is not kept anyway. */
	if (l.at > h->now + DAY_S || l.at < h->now - MAILLOG_DAYS * DAY_S)
		return;
	if (h->span.since < 0 || l.at < h->span.since)
		h->span.since = l.at;
	if (l.at > h->span.until)
		h->span.until = l.at;
	add(h, &l);
}

/* --- what came of it ----------------------------------------------------------------------------------- */

size_t
maillog_hours_count(const struct maillog_hours *h)
{
	return map_count(h->rows);
}

const struct maillog_hour *
maillog_hours_at(const struct maillog_hours *h, size_t i)
{
	return map_at(h->rows, i, NULL);
}

size_t
maillog_logins_count(const struct maillog_hours *h)
{
	return map_count(h->logins);
}

const struct maillog_login *
maillog_logins_at(const struct maillog_hours *h, size_t i)
{
	return map_at(h->logins, i, NULL);
}

struct maillog_span
maillog_hours_span(const struct maillog_hours *h)
{
	return h->span;
}
