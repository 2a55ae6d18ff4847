#include "evidence/list.h"

#include <string.h>

#include "base/arena.h"
#include "evidence/internal.h"

const char *
list_state_word(enum list_state state)
{
	static const char *const words[] = {
		[LIST_CLEAN] = "clean", [LIST_LISTED] = "listed", [LIST_UNKNOWN] = "unknown",
		[LIST_OUT_OF_SERVICE] = "out_of_service",
	};

	return words[state];
}

/* --- the zone of a list ---------------------------------------------------------------------------------- */

static const char *
zone_given(const struct list_rules *rules, const struct blacklist *list)
{
	size_t i;

	for (i = 0; i < rules->zone_count; i++)
		if (strcmp(rules->zones[i].list, list->id) == 0)
			return rules->zones[i].zone;
	return list->zone;
}

static const char *
key_of(const struct list_rules *rules, const struct blacklist *list)
{
	size_t i;

	/* "spamhaus_dqs" is one key for all "spamhaus-dqs-..." lists. */
	for (i = 0; i < rules->key_count; i++) {
		const char *a = rules->keys[i].list, *b = list->id;

		while (*a != '\0' && (*a == *b || (*a == '_' && *b == '-')))
			a++, b++;
		if (*a == '\0' && (*b == '\0' || *b == '-'))
			return rules->keys[i].key;
	}
	return NULL;
}

/* With the key in its place; NULL = it has none that is known. */
static const char *
zone_asked(struct arena *a, const struct list_rules *rules, const struct blacklist *list)
{
	const char *zone = zone_given(rules, list), *at, *key;

	if (zone == NULL || (at = strstr(zone, "{key}")) == NULL)
		return zone;
	key = key_of(rules, list);
	return key == NULL ? NULL : arena_printf(a, "%.*s%s%s", (int)(at - zone), zone, key, at + 5);
}

bool
list_is_asked(const struct list_rules *rules, const struct blacklist *list)
{
	const char *zone = zone_given(rules, list);
	size_t i;

	if (!rules->enabled || zone == NULL || list->type == BLACKLIST_WHITE ||
	    list->type == BLACKLIST_INFO || list->kind == BLACKLIST_HASH)
		return false;
	for (i = 0; i < rules->zone_count; i++)		/* named outright: asked */
		if (strcmp(rules->zones[i].list, list->id) == 0)
			return true;
	if (list->needs_key)
		return key_of(rules, list) != NULL;
	return list->query && list->status != LIST_DEAD;
}

bool
list_takes(const struct blacklist *list, struct ip ip)
{
	return list->kind == BLACKLIST_IP && (ip.family == 4 ? list->ipv4 : list->ipv6);
}

/* --- one question ---------------------------------------------------------------------------------------- */

static bool
question_name(struct evidence *ev, const char *label, const char *zone, struct name *ret)
{
	return name_parse(ev->arena, text_of(arena_printf(ev->arena, "%s.%s", label, zone)), ret);
}

static bool
is_loopback(struct ip ip)
{
	return ip.family == 4 && ip.b[0] == 127;
}

/* 127.255.255.0/24 is an error of every list that knows the convention. */
static bool
is_refusal(const struct blacklist *list, struct ip ip)
{
	const struct blacklist_code *code = blacklist_code(list, ip);

	if (is_loopback(ip) && ip.b[1] == 255 && ip.b[2] == 255)
		return true;
	return code != NULL && code->verdict == CODE_ERROR;
}

/* What one answer of a list says; never more than that it is listed. */
static enum list_state
read_answer(const struct blacklist *list, const struct dns_answer *answer, bool *refused)
{
	bool listed = false;
	size_t i;

	*refused = false;
	if (answer->outcome == DNS_FAILED) {
		*refused = answer->failure == DNS_REFUSED;
		return LIST_UNKNOWN;
	}
	if (answer->outcome != DNS_FOUND)
		return LIST_CLEAN;
	for (i = 0; i < answer->count; i++) {
		struct ip ip = answer->rrs[i].u.ip;
		const struct blacklist_code *code = blacklist_code(list, ip);

		if (!is_loopback(ip))
			return LIST_OUT_OF_SERVICE;	/* a parked or hijacked zone */
		if (is_refusal(list, ip)) {
			*refused = true;
			return LIST_UNKNOWN;
		}
		/* 127.0.0.1 means nothing unless the list says so. */
		if (code != NULL ? code->verdict == CODE_LISTED :
		    !(ip.b[1] == 0 && ip.b[2] == 0 && ip.b[3] == 1))
			listed = true;
	}
	return listed ? LIST_LISTED : LIST_CLEAN;
}

static const char *
test_label(struct evidence *ev, const struct blacklist *list, const char *point)
{
	struct ip ip;

	if (list->kind == BLACKLIST_IP && ip_parse(text_of(point), &ip))
		return ip_reversed(ev->arena, ip);
	return point;
}

bool
ev_list_health(struct evidence *ev, const struct list_rules *rules, const struct blacklist *list,
    enum list_state *ret, bool *refused)
{
	const char *zone = zone_asked(ev->arena, rules, list);
	const char *const points[2] = { list->test_positive, list->test_negative };
	const struct dns_answer *answers[2] = { NULL, NULL };
	enum list_state states[2] = { LIST_LISTED, LIST_CLEAN };	/* of a list without test points */
	struct name name;
	bool waiting = false, refusals[2] = { false, false };
	size_t i;

	*ret = LIST_CLEAN;		/* in service */
	*refused = false;
	for (i = 0; i < 2; i++) {
		if (points[i] == NULL)
			continue;
		if (zone == NULL || !question_name(ev, test_label(ev, list, points[i]), zone, &name)) {
			*ret = LIST_UNKNOWN;
			return true;
		}
		answers[i] = ev_dns_any(ev, name, RR_A);
		waiting = waiting || answers[i] == NULL;
	}
	if (waiting)
		return false;
	for (i = 0; i < 2; i++)
		if (answers[i] != NULL)
			states[i] = read_answer(list, answers[i], &refusals[i]);
	*refused = refusals[0] || refusals[1];
	if (states[0] == LIST_UNKNOWN || states[1] == LIST_UNKNOWN)
		*ret = LIST_UNKNOWN;
	else if (states[0] != LIST_LISTED || states[1] != LIST_CLEAN)
		*ret = LIST_OUT_OF_SERVICE;
	return true;
}

/* Graver verdicts of one answer first: critical reasons have their codes first in the data. */
static void
read_codes(const struct blacklist *list, struct list_answer *ret)
{
	size_t i;

	for (i = 0; i < ret->answer->count; i++) {
		const struct blacklist_code *code = blacklist_code(list, ret->answer->rrs[i].u.ip);

		if (ret->code_count < LIST_CODES_MAX)
			ret->codes[ret->code_count++] = ret->answer->rrs[i].u.ip;
		if (code != NULL && code->verdict == CODE_LISTED && (ret->code == NULL || code < ret->code))
			ret->code = code;
	}
}

static bool
ask(struct evidence *ev, const struct list_rules *rules, const struct blacklist *list, const char *label,
    struct list_answer *ret)
{
	const char *zone = zone_asked(ev->arena, rules, list);
	const struct dns_answer *txt;
	enum list_state health;
	struct name name;
	bool told;

	memset(ret, 0, sizeof(*ret));
	ret->zone = zone_given(rules, list);
	ret->state = LIST_UNKNOWN;
	if (zone == NULL || !question_name(ev, label, zone, &name))
		return true;
	told = ev_list_health(ev, rules, list, &health, &ret->refused);
	ret->answer = ev_dns_any(ev, name, RR_A);
	if (!told || ret->answer == NULL)
		return false;
	if (health != LIST_CLEAN) {
		ret->state = health;
		return true;
	}
	ret->state = read_answer(list, ret->answer, &ret->refused);
	if (ret->state != LIST_LISTED)
		return true;
	read_codes(list, ret);
	if ((txt = ev_dns_any(ev, name, RR_TXT)) == NULL)
		return false;
	if (txt->outcome == DNS_FOUND)
		ret->reason = text_show(ev->arena, txt->rrs[0].u.txt.joined);
	return true;
}

bool
ev_list_ip(struct evidence *ev, const struct list_rules *rules, const struct blacklist *list, struct ip ip,
    struct list_answer *ret)
{
	return ask(ev, rules, list, ip_reversed(ev->arena, ip), ret);
}

bool
ev_list_domain(struct evidence *ev, const struct list_rules *rules, const struct blacklist *list,
    struct name domain, struct list_answer *ret)
{
	return ask(ev, rules, list, domain.s, ret);
}
