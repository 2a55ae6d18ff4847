#include "mail/queue_groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"
#include "mail/bounce_answer.h"
#include "mail/bounce_class.h"
#include "mail/mailaddr.h"

#define KEY_MAX		300	/* bytes of a key */
#define REASON_MAX	1000
#define REASONS_MAX	5000	/* different ones that are remembered */

static const char *const words[QUEUE_BYS] = {
	"script", "account", "sender", "recipient_provider", "reason",
};

const char *
queue_by_word(enum queue_by by)
{
	return words[by];
}

bool
queue_group_parse(const char *text, enum queue_by *by, const char **key)
{
	for (size_t i = 0; i < QUEUE_BYS; i++) {
		size_t n = strlen(words[i]);

		if (strncmp(text, words[i], n) == 0 && text[n] == ':') {
			*by = (enum queue_by)i;
			*key = text + n + 1;
			return true;
		}
	}
	return false;
}

/* --- one recipient: who refuses, and why ------------------------------------------------------------- */

struct told {				/* a reason, read once */
	const char	*category, *provider, *code;
};

struct queue_reader {
	struct arena		*arena;
	const struct data	*data;
	struct bounce_classes	*classes;
	struct map		*told;		/* reason without its numbers, at a domain -> struct told */
};

struct queue_reader *
queue_reader_new(struct arena *a, const struct data *data)
{
	struct queue_reader *r = arena_zalloc(a, sizeof(*r));

	*r = (struct queue_reader){ a, data, data == NULL ? NULL : bounce_classes_new(a, data), map_new(a) };
	return r;
}

static const char *
lower(struct arena *a, struct text t)
{
	char *s = text_cstr(a, text_head(t, KEY_MAX));

	for (char *p = s; *p != '\0'; p++)
		*p = (char)ascii_tolower((unsigned char)*p);
	return s;
}

static const char *
domain_of(struct arena *a, const char *address)
{
	return address == NULL ? "" : lower(a, mailaddr_domain(text_of(address)));
}

/* Ids and times of one delivery make a thousand texts of one reason. */
static const char *
without_ids(struct arena *a, const char *reason)
{
	struct str s = str_in(a, REASON_MAX);
	struct text rest = text_head(text_of(reason), REASON_MAX), word;

	while (text_split(&rest, ' ', &word)) {
		bool digit = false;

		for (size_t i = 0; i < word.n; i++)
			digit = digit || ascii_isdigit((unsigned char)word.p[i]);
		str_addt(&s, digit && word.n > 9 ? TEXT("#") : word);
		str_addc(&s, ' ');
	}
	return s.p;
}

static const char *
code_text(struct arena *a, const struct bounce_recipient *b)
{
	if (b->smtp_code == 0)
		return b->status == NULL ? "" : b->status;
	return b->status == NULL ? arena_printf(a, "%d", b->smtp_code) :
	    arena_printf(a, "%d %s", b->smtp_code, b->status);
}

static const struct told *
read_reason(struct queue_reader *r, const struct json *recipient)
{
	static const struct told nothing = { "", "", "" };
	const char *address = json_str(recipient, "address"), *reason = json_str(recipient, "reason");
	const char *domain = domain_of(r->arena, address), *key;
	struct bounce_recipient b = { .action = DSN_DELAYED };
	struct told *told;
	struct text answer;

	if (r->data == NULL)
		return &nothing;
	key = arena_printf(r->arena, "%s %s", domain, reason == NULL ? "" : without_ids(r->arena, reason));
	if ((told = map_get(r->told, key)) != NULL)
		return told;
	told = arena_zalloc(r->arena, sizeof(*told));
	b.address = text_of(address);
	if (reason != NULL) {
		struct text said = text_head(text_of(reason), REASON_MAX);

		b.diagnostic = said;
		b.mta = answer_mta(r->arena, said);
		if (answer_find(said, &answer)) {
			b.diagnostic = answer;
			b.smtp_code = answer_code(answer);
			b.status = answer_status(r->arena, answer);
		}
	}
	bounce_classify(r->classes, NULL, &b);
	told->category = reason == NULL ? "" : b.category;
	told->provider = b.provider != NULL ? b.provider->id : domain;
	told->code = code_text(r->arena, &b);
	if (map_count(r->told) < REASONS_MAX)
		map_put(r->told, key, told);
	return told;
}

const char *
queue_reason(struct queue_reader *r, const struct json *recipient)
{
	return read_reason(r, recipient)->category;
}

const char *
queue_provider(struct queue_reader *r, const struct json *recipient)
{
	return read_reason(r, recipient)->provider;
}

const char *
queue_code(struct queue_reader *r, const struct json *recipient)
{
	return read_reason(r, recipient)->code;
}

/* --- one message: its keys -------------------------------------------------------------------------------- */

static bool
headers_read(const struct json *message)
{
	return json_tristate(message, "list_unsubscribe") >= 0 || json_str(message, "script") != NULL ||
	    json_str(message, "account") != NULL || json_int(message, "uid", -1) >= 0;
}

/* NULL = in no group of this kind.  Kinds of recipients: queue_is_in. */
static const char *
message_key(struct arena *a, const struct json *message, enum queue_by by)
{
	const char *script = json_str(message, "script");
	int64_t uid = json_int(message, "uid", -1);

	switch (by) {
	case QUEUE_BY_SCRIPT:
		if (script != NULL && script[0] != '\0')
			return script;
		return uid >= 0 && json_str(message, "account") == NULL ?
		    arena_printf(a, "uid:%lld", (long long)uid) : NULL;
	case QUEUE_BY_ACCOUNT:
		return json_str(message, "account");
	default:
		return json_str(message, "sender");
	}
}

bool
queue_is_in(struct queue_reader *r, const struct json *message, enum queue_by by, const char *key)
{
	const char *own;

	if (by < QUEUE_BY_PROVIDER) {
		own = message_key(r->arena, message, by);
		return own != NULL && strcmp(own, key) == 0;
	}
	for (const struct json *v = json_first(json_get(message, "recipients")); v != NULL; v = json_next(v))
		if (strcmp(by == QUEUE_BY_PROVIDER ? queue_provider(r, v) : queue_reason(r, v), key) == 0)
			return true;
	return false;
}

/* --- grouping ------------------------------------------------------------------------------------------------ */

struct counting {
	struct queue_group	 group;
	size_t			 last;		/* number of the message counted last, from 1 */
	size_t			 lead;		/* of the majority vote for sender_domain */
};

struct grouping {
	struct arena		*arena;
	struct map		*groups[QUEUE_BYS];
	bool			 more;
};

static void
add_to(struct grouping *g, enum queue_by by, const char *key, const struct json *message, size_t number)
{
	struct counting *c = map_get(g->groups[by], key);
	const char *domain;

	if (c == NULL && map_count(g->groups[by]) >= QUEUE_GROUPS_MAX) {
		g->more = true;
		return;
	}
	if (c == NULL) {
		c = arena_zalloc(g->arena, sizeof(*c));
		c->group.by = by;
		c->group.key = arena_strdup(g->arena, key);
		c->group.sample = message;
		map_put(g->groups[by], key, c);
	}
	if (c->last == number)
		return;
	c->last = number;
	c->group.count++;
	c->group.headers += json_tristate(message, "list_unsubscribe") >= 0;
	c->group.unsubscribe += json_tristate(message, "list_unsubscribe") == 1;
	c->group.one_click += json_tristate(message, "list_unsubscribe_post") == 1;
	/* Whoever has more than half is left over (Boyer and Moore). */
	domain = domain_of(g->arena, json_str(message, "sender"));
	if (c->lead == 0)
		c->group.sender_domain = domain;
	c->lead = c->lead == 0 || strcmp(c->group.sender_domain, domain) == 0 ? c->lead + 1 : c->lead - 1;
}

static void
add_message(struct grouping *g, struct queue_reader *r, const struct json *message, size_t number)
{
	for (int by = 0; by < QUEUE_BY_PROVIDER; by++) {
		const char *key = message_key(g->arena, message, (enum queue_by)by);

		if (key != NULL)
			add_to(g, (enum queue_by)by, key, message, number);
	}
	if (r->data == NULL)
		return;
	for (const struct json *v = json_first(json_get(message, "recipients")); v != NULL; v = json_next(v)) {
		const char *reason = queue_reason(r, v), *provider = queue_provider(r, v);

		if (reason[0] != '\0')
			add_to(g, QUEUE_BY_REASON, reason, message, number);
		if (provider[0] != '\0')
			add_to(g, QUEUE_BY_PROVIDER, provider, message, number);
	}
}

static int
largest_first(const void *a, const void *b)
{
	const struct queue_group *x = a, *y = b;

	if (x->by != y->by)
		return (int)x->by - (int)y->by;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->key, y->key);
}

/* How many of the group's messages really claim the domain that was left over. */
static void
count_senders(struct grouping *g, struct queue_reader *r, const struct json *messages)
{
	for (const struct json *m = json_first(messages); m != NULL; m = json_next(m)) {
		const char *domain = domain_of(g->arena, json_str(m, "sender"));

		for (int by = 0; by < QUEUE_BY_SENDER; by++) {
			const char *key = message_key(r->arena, m, (enum queue_by)by);
			struct counting *c = key == NULL ? NULL : map_get(g->groups[by], key);

			if (c != NULL && strcmp(c->group.sender_domain, domain) == 0)
				c->group.sender_count++;
		}
	}
}

struct queue_groups *
queue_group(struct arena *a, const struct data *data, const struct json *messages)
{
	struct queue_groups *ret = arena_zalloc(a, sizeof(*ret));
	struct queue_reader *r = queue_reader_new(a, data);
	struct grouping g = { .arena = a };
	size_t n = 0;

	for (int by = 0; by < QUEUE_BYS; by++)
		g.groups[by] = map_new(a);
	for (const struct json *m = json_first(messages); m != NULL; m = json_next(m)) {
		ret->messages++;
		ret->headers += headers_read(m);
		add_message(&g, r, m, ret->messages);
	}
	count_senders(&g, r, messages);
	for (int by = 0; by < QUEUE_BYS; by++)
		n += map_count(g.groups[by]);
	ret->v = arena_array(a, n + 1, sizeof(*ret->v));
	for (int by = 0; by < QUEUE_BYS; by++) {
		for (size_t i = 0; i < map_count(g.groups[by]); i++) {
			const struct counting *c = map_at(g.groups[by], i, NULL);
			struct queue_group *group = &ret->v[ret->count++];

			*group = c->group;
			group->of = by < QUEUE_BY_SENDER ? ret->headers : ret->messages;
			if (group->sender_domain[0] == '\0' || by >= QUEUE_BY_SENDER) {
				group->sender_domain = NULL;
				group->sender_count = 0;
			}
		}
	}
	qsort(ret->v, ret->count, sizeof(*ret->v), largest_first);
	ret->more = g.more;
	return ret;
}
