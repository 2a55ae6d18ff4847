/*
 * Every blacklist of the data, made from its own row: it lists, it is clean, it
 * refuses us, its zone was hijacked, it is dead (RFC 5782 5).  What is not
 * known is never "listed", and never "clean" where the list can be tested.
 */

#include <string.h>

#include "base/arena.h"
#include "base/yaml.h"
#include "evidence/list.h"
#include "mail/data.h"
#include "shipped.h"
#include "unit/test.h"

#define ZONE	"list.test"

static struct arena *lasting;

/* An address that the code matches. */
static const char *
sample(struct arena *a, const struct blacklist_code *c)
{
	uint32_t v = c->bit != 0 ? 0x7f000000 | c->bit : c->mask != 0 ? c->value : c->low;

	return arena_printf(a, "%u.%u.%u.%u", v >> 24, v >> 16 & 255, v >> 8 & 255, v & 255);
}

static const char *
listing(struct arena *a, const struct blacklist *list)
{
	for (size_t i = 0; i < list->code_count; i++)
		if (list->codes[i].verdict == CODE_LISTED)
			return sample(a, &list->codes[i]);
	return "127.0.0.2";
}

struct world {				/* NULL = NXDOMAIN; a word = a failure, else an address */
	const char	*positive, *negative, *subject;
};

static const char *
label_of(struct arena *a, const char *text)
{
	struct name name;
	struct ip ip;

	return ip_parse(text_of(text), &ip) ? ip_reversed(a, ip) :
	    name_parse(a, text_of(text), &name) ? name.s : text;
}

static void
put(struct arena *a, struct json *dns, const char *point, const char *says)
{
	const char *key = arena_printf(a, "A %s." ZONE, label_of(a, point));

	if (says == NULL)
		json_put_str(dns, key, "NXDOMAIN");
	else if (says[0] >= '0' && says[0] <= '9')
		json_add_str(json_put_array(dns, key), says);
	else
		json_put_str(dns, key, says);
}

static bool
ask(struct arena *a, const struct blacklist *list, const char *subject, const struct world *w, struct list_answer *ret)
{
	const struct list_zone zone = { list->id, ZONE };
	const struct list_rules rules = { .enabled = true, .zones = &zone, .zone_count = 1 };
	struct json *recording = json_new_object(a), *dns = json_put_object(recording, "dns");
	struct evidence_source *source;
	struct evidence *ev;
	struct name name;
	struct ip ip;
	struct err err;

	json_put_str(recording, "dns_default", "NXDOMAIN");
	if (list->test_positive != NULL)
		put(a, dns, list->test_positive, w->positive);
	if (list->test_negative != NULL)
		put(a, dns, list->test_negative, w->negative);
	put(a, dns, subject, w->subject);
	json_add_str(json_put_array(dns, arena_printf(a, "TXT %s." ZONE, label_of(a, subject))), "because");
	source = evidence_replay_source(a, recording, &err);
	ev = evidence_new(a, source, 1764000000);
	/* A replay answers at once, but the function is run again from the top. */
	for (int i = 0; i < 5; i++)
		if (ip_parse(text_of(subject), &ip) ? ev_list_ip(ev, &rules, list, ip, ret) :
		    name_parse(a, text_of(subject), &name) && ev_list_domain(ev, &rules, list, name, ret))
			return list_is_asked(&rules, list);
	return false;
}

static void
is(const struct blacklist *list, const char *subject, const char *what, struct world w, enum list_state want,
    bool refused)
{
	struct arena *a = arena_new();
	struct list_answer got = { 0 };
	bool asked = ask(a, list, subject, &w, &got);

	CHECK(arena_printf(lasting, "%s, %s: %s is %s", list->id, subject, what, list_state_word(want)),
	    asked && got.state == want && got.refused == refused);
	if (want == LIST_LISTED && got.state == LIST_LISTED)
		CHECK(arena_printf(lasting, "%s: the reason and the code", list->id), got.reason != NULL &&
		    strcmp(got.reason, "because") == 0 && got.code_count == 1);
	arena_free(a);
}

static void
codes(const struct blacklist *list, const char *subject, const char *yes)
{
	for (size_t i = 0; i < list->code_count; i++) {
		const struct blacklist_code *c = &list->codes[i], *first;
		const char *text = sample(lasting, c);
		struct ip ip;

		/* One that an earlier row takes says what that says. */
		ip_parse(text_of(text), &ip);
		first = blacklist_code(list, ip);
		is(list, subject, c->text, (struct world){ yes, NULL, text }, first->verdict == CODE_ERROR ?
		    LIST_UNKNOWN : first->verdict == CODE_LISTED ? LIST_LISTED : LIST_CLEAN,
		    first->verdict == CODE_ERROR);
	}
}

static void
all_of(const struct blacklist *list, const char *subject)
{
	const char *yes = listing(lasting, list);
	bool tested = list->test_positive != NULL, both = tested && list->test_negative != NULL;

	is(list, subject, "no such name", (struct world){ yes, NULL, NULL }, LIST_CLEAN, false);
	is(list, subject, "an entry", (struct world){ yes, NULL, yes }, LIST_LISTED, false);
	codes(list, subject, yes);
	/* refused */
	is(list, subject, "a public resolver's answer", (struct world){ "127.255.255.254", NULL, "127.255.255.254" },
	    LIST_UNKNOWN, true);
	is(list, subject, "too many questions", (struct world){ yes, NULL, "127.255.255.255" }, LIST_UNKNOWN, true);
	is(list, subject, "REFUSED", (struct world){ "refused", "refused", "refused" }, LIST_UNKNOWN, true);
	is(list, subject, "SERVFAIL", (struct world){ yes, NULL, "SERVFAIL" }, LIST_UNKNOWN, false);
	/* hijacked */
	is(list, subject, "a parking page's address", (struct world){ "198.51.100.7", "198.51.100.7", "198.51.100.7" },
	    LIST_OUT_OF_SERVICE, false);
	if (both)
		is(list, subject, "a list of the world", (struct world){ yes, yes, yes }, LIST_OUT_OF_SERVICE, false);
	/* dead */
	is(list, subject, "silence", (struct world){ "timeout", "timeout", "timeout" }, LIST_UNKNOWN, false);
	if (tested) {
		is(list, subject, "an empty zone", (struct world){ NULL, NULL, NULL }, LIST_OUT_OF_SERVICE, false);
		is(list, subject, "a test that nobody answers", (struct world){ "timeout", NULL, yes }, LIST_UNKNOWN, false);
	}
}

int
main(void)
{
	const struct data *data;
	size_t asked = 0;

	lasting = arena_new();
	data = shipped_data(lasting);
	for (size_t i = 0; i < data->blacklist_count; i++) {
		const struct blacklist *list = &data->blacklists[i];

		if (list->zone == NULL || list->type == BLACKLIST_WHITE || list->type == BLACKLIST_INFO ||
		    list->kind == BLACKLIST_HASH)
			continue;
		asked++;
		if (list->kind == BLACKLIST_DOMAIN)
			all_of(list, "cust.example");
		else if (list->ipv4)
			all_of(list, "203.0.113.10");
		if (list->kind == BLACKLIST_IP && list->ipv6)
			all_of(list, "2001:db8::10");
	}
	CHECK("there are lists", asked > 80);
	arena_free(lasting);
	TEST_END();
}
