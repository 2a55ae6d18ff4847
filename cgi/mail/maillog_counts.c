#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "mail/mailaddr.h"
#include "mail/maillog.h"

#define HOUR_S	3600
#define KEY_MAX	300

struct network { uint32_t net; int64_t at; };

struct who {				/* an account, or a domain */
	size_t		 messages;
	int64_t		 hour;		/* of the last message */
	size_t		 in_hour, busiest;
	struct network	*networks;	/* accounts only; where it logged in from last */
	size_t		 network_count, most;
	int64_t		 most_at;
};

struct limited { bool account; size_t count; int64_t at; };

struct maillog_counts {
	struct arena	*arena;
	int64_t		 now, since, until;
	size_t		 lines;
	bool		 more;
	struct map	*accounts, *domains, *limited;
};

struct maillog_counts *
maillog_counts_new(struct arena *a, int64_t now)
{
	struct maillog_counts *c = arena_zalloc(a, sizeof(*c));

	*c = (struct maillog_counts){ .arena = a, .now = now, .since = -1, .until = -1,
	    .accounts = map_new(a), .domains = map_new(a), .limited = map_new(a) };
	return c;
}

/* Lower case in `buf`; false = nothing that could be a key. */
static bool
key_of(struct text t, char buf[KEY_MAX + 1])
{
	if (t.p == NULL || t.n == 0 || t.n > KEY_MAX || memchr(t.p, '\0', t.n) != NULL)
		return false;
	for (size_t i = 0; i < t.n; i++)
		buf[i] = (char)ascii_tolower((unsigned char)t.p[i]);
	buf[t.n] = '\0';
	return true;
}

static void *
entry(struct maillog_counts *c, struct map *map, const char *key, size_t size)
{
	void *e = map_get(map, key);

	if (e == NULL && map_count(map) >= MAILLOG_WHO_MAX) {
		c->more = true;
		return NULL;
	}
	if (e == NULL) {
		e = arena_zalloc(c->arena, size);
		map_put(map, key, e);
	}
	return e;
}

static struct who *
add_message(struct maillog_counts *c, struct map *map, struct text key, int64_t at)
{
	char buf[KEY_MAX + 1];
	struct who *w = key_of(key, buf) ? entry(c, map, buf, sizeof(*w)) : NULL;

	if (w == NULL)
		return NULL;
	w->messages++;
	if (at / HOUR_S != w->hour) {
		w->hour = at / HOUR_S;
		w->in_hour = 0;
	}
	if (++w->in_hour > w->busiest)
		w->busiest = w->in_hour;
	return w;
}

/* A person has two or three networks in an hour: at home, at work, the phone's. */
static void
add_network(struct maillog_counts *c, struct who *w, struct ip ip, int64_t at)
{
	uint32_t net = ip.family == 4 ? (uint32_t)ip.b[0] << 8 | ip.b[1] : 0x80000000U ^
	    ((uint32_t)ip.b[0] << 24 | (uint32_t)ip.b[1] << 16 | (uint32_t)ip.b[2] << 8 | ip.b[3]);
	size_t i, recent = 0, oldest = 0;

	if (w->networks == NULL)
		w->networks = arena_array(c->arena, MAILLOG_NETWORKS_MAX, sizeof(*w->networks));
	for (i = 0; i < w->network_count && w->networks[i].net != net; i++)
		if (w->networks[i].at < w->networks[oldest].at)
			oldest = i;
	if (i == w->network_count && w->network_count == MAILLOG_NETWORKS_MAX)
		i = oldest;
	else if (i == w->network_count)
		w->network_count++;
	w->networks[i] = (struct network){ net, at };
	for (i = 0; i < w->network_count; i++)
		recent += w->networks[i].at > at - HOUR_S;
	if (recent > w->most) {
		w->most = recent;
		w->most_at = at;
	}
}

static void
add_limited(struct maillog_counts *c, const struct maillog_line *l)
{
	char buf[KEY_MAX + 1];
	struct limited *e;
	bool account;

	if (!key_of(maillog_limited(l, &account), buf) || (e = entry(c, c->limited, buf, sizeof(*e))) == NULL)
		return;
	e->account = e->account || account;
	e->count++;
	e->at = l->at;
}

void
maillog_count(struct maillog_counts *c, struct text line)
{
	struct maillog_line l;
	struct who *w;

	if (!maillog_read(line, c->now, &l))
		return;
	c->lines++;
	if (c->since < 0 || l.at < c->since)
		c->since = l.at;
	if (l.at > c->until)
		c->until = l.at;
	switch (l.event) {
	case MAILLOG_ACCEPTED:
		if (l.account.p == NULL || (w = add_message(c, c->accounts, l.account, l.at)) == NULL)
			break;
		if (maillog_is_outside(l.client))
			add_network(c, w, l.client, l.at);
		add_message(c, c->domains, mailaddr_domain(l.account), l.at);
		break;
	case MAILLOG_LOCAL:
		add_message(c, c->domains, mailaddr_domain(l.sender), l.at);
		break;
	case MAILLOG_REJECTED:
	case MAILLOG_DELIVERY:
		add_limited(c, &l);
		break;
	default:
		break;
	}
}

static void
put_time(struct json *into, const char *key, int64_t at)
{
	if (at >= 0)
		json_put_int(into, key, at);
	else
		json_put_null(into, key);
}

static void
put_who(struct json *list, const char *name, const char *key, const struct who *w)
{
	struct json *one = json_add_object(list);

	json_put_text(one, name, text_of(key));
	json_put_int(one, "messages", (int64_t)w->messages);
	json_put_int(one, "busiest", (int64_t)w->busiest);
	if (strcmp(name, "account") != 0)
		return;
	json_put_int(one, "networks", (int64_t)w->most);
	put_time(one, "networks_at", w->most > 0 ? w->most_at : -1);
}

struct json *
maillog_counts_json(struct maillog_counts *c, struct arena *a)
{
	struct json *ret = json_new_object(a), *list;
	const char *key;

	put_time(ret, "since", c->since);
	put_time(ret, "until", c->until);
	json_put_int(ret, "lines", (int64_t)c->lines);
	json_put_bool(ret, "more", c->more);
	list = json_put_array(ret, "accounts");
	for (size_t i = 0; i < map_count(c->accounts); i++) {
		const struct who *w = map_at(c->accounts, i, &key);

		put_who(list, "account", key, w);
	}
	list = json_put_array(ret, "domains");
	for (size_t i = 0; i < map_count(c->domains); i++) {
		const struct who *w = map_at(c->domains, i, &key);

		put_who(list, "domain", key, w);
	}
	list = json_put_array(ret, "limited");
	for (size_t i = 0; i < map_count(c->limited); i++) {
		const struct limited *e = map_at(c->limited, i, &key);
		struct json *one = json_add_object(list);

		json_put_text(one, "who", text_of(key));
		json_put_bool(one, "account", e->account);
		json_put_int(one, "count", (int64_t)e->count);
		json_put_int(one, "at", e->at);
	}
	return ret;
}
