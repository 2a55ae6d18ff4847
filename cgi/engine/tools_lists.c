/* `blacklist`: every list's own answer about addresses and domains. */

#include "base/arena.h"
#include "engine/internal.h"
#include "engine/tools_internal.h"
#include "evidence/list.h"

struct lists_question {
	const struct rules	*rules;
	const char *const	*targets;
	size_t			 count;
	struct tool_words	 words;
	struct arena		*arena;
	struct json		*answer;
};

static void
put_list(struct json *into, const struct lists_question *q, const struct blacklist *list,
    const struct list_answer *a)
{
	struct json *codes;
	const char *reason = a->code == NULL ? NULL : a->code->reason;
	size_t i;

	json_put_str(into, "list", list->id);
	json_put_str(into, "name", list->name);
	json_put_str(into, "zone", a->zone);
	json_put_str(into, "state", list_state_word(a->state));
	codes = json_put_array(into, "codes");
	for (i = 0; i < a->code_count; i++)
		json_add_str(codes, ip_str(q->arena, a->codes[i]));
	json_put_str(into, "reason", a->reason);
	json_put_str(into, "weight", blacklist_weight_word(list->weight));
	json_put_bool(into, "pay", list->pay);
	json_put_bool(into, "applies_to_everyone", list->everyone);
	if (a->state == LIST_UNKNOWN)
		json_put_str(into, "why", tool_text(q->arena, &q->words, a->refused ?
		    "blacklist_tool.refused" : "blacklist_tool.no_answer", NULL, 0));
	else if (a->state == LIST_OUT_OF_SERVICE)
		json_put_str(into, "why", tool_text(q->arena, &q->words, "blacklist_tool.out_of_service",
		    NULL, 0));
	else if (reason != NULL)
		json_put_str(into, "why", tool_text(q->arena, &q->words, arena_printf(q->arena,
		    "blacklist.reason.%s", reason), NULL, 0));
	else
		json_put_null(into, "why");
	json_put_str(into, "removal_url", list->removal_url);
}

/* false = on its way; asked for all the same. */
static bool
one_target(struct lists_question *q, struct evidence *ev, const char *target, struct json *into)
{
	const struct data *data = q->rules->data;
	struct json *lists = json_put_array(into, "lists");
	struct list_answer answer;
	struct ip ip = { 0 };
	struct name name = { NULL };
	struct err err;
	bool whole = true;
	size_t i;

	json_put_text(into, "target", text_of(target));
	if (ip_parse(text_of(target), &ip))
		ip = ip_unmap(ip);		/* ::ffff:203.0.113.5 is listed as 203.0.113.5 */
	else
		name_from_person(q->arena, text_of(target), &name, &err);
	json_put_str(into, "kind", ip.family != 0 ? "ip" : "domain");
	for (i = 0; i < data->blacklist_count; i++) {
		const struct blacklist *list = &data->blacklists[i];

		if (!list_is_asked(&q->rules->lists, list) || (ip.family != 0 ? !list_takes(list, ip) :
		    list->kind != BLACKLIST_DOMAIN))
			continue;
		if (ip.family != 0 ? !ev_list_ip(ev, &q->rules->lists, list, ip, &answer) :
		    !ev_list_domain(ev, &q->rules->lists, list, name, &answer))
			whole = false;
		else
			put_list(json_add_object(lists), q, list, &answer);
	}
	return whole;
}

static bool
lists_question(void *ctx, struct evidence *ev, struct arena *a)
{
	struct lists_question *q = ctx;
	struct json *targets;
	bool whole = true;
	size_t i;

	(void)a;
	q->answer = json_new_object(q->arena);
	targets = json_put_array(q->answer, "targets");
	for (i = 0; i < q->count; i++)
		whole = one_target(q, ev, q->targets[i], json_add_object(targets)) && whole;
	return whole;
}

struct json *
engine_blacklist(struct engine *e, struct arena *a, const char *lang, const char *const *targets,
    size_t count, uint32_t time_limit_ms, struct err *err)
{
	struct lists_question q = { .rules = e->setup.rules, .targets = targets, .count = count,
	    .words = tool_words_of(e, lang), .arena = a };
	struct name name;
	struct ip ip;
	size_t i;

	for (i = 0; i < count; i++)
		if (!ip_parse(text_of(targets[i]), &ip) &&
		    !name_from_person(a, text_of(targets[i]), &name, err))
			return NULL;
	engine_ask(e, lists_question, &q, time_limit_ms);
	return q.answer;
}
