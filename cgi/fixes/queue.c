/*
 * The mail queue: hold the messages of one group, delete bounces that nobody
 * waits for; hold, release, delete messages that somebody chose.  What is
 * somebody else's is never touched and not even counted: who is no
 * administrator gets the messages of his own domains.
 */

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "checks/whose.h"
#include "fixes/all.h"
#include "mail/queue_groups.h"

#define HOUR_S		3600
#define HOURS_MAX	(24 * 365)

struct chosen {
	struct json	*ids;
	size_t		 count;
	size_t		 others;	/* in the group, and in the state that is wanted already */
};

static const char *
exim_commands(const char *action)
{
	return strcmp(action, "hold") == 0 ? "exim -bp\nexim -Mf MESSAGE_ID\n" :
	    strcmp(action, "release") == 0 ? "exim -bp\nexim -Mt MESSAGE_ID\n" :
	    strcmp(action, "bounces") == 0 ? "exiqgrep -i -f '^<>$'\nexim -Mrm MESSAGE_ID\n" :
	    "exim -bp\nexim -Mrm MESSAGE_ID\n";
}

static const char *
postfix_commands(const char *action)
{
	return strcmp(action, "hold") == 0 ? "postqueue -p\npostsuper -h QUEUE_ID\n" :
	    strcmp(action, "release") == 0 ? "postqueue -p\npostsuper -H QUEUE_ID\n" :
	    strcmp(action, "bounces") == 0 ? "postqueue -p | grep MAILER-DAEMON\npostsuper -d QUEUE_ID\n" :
	    "postqueue -p\npostsuper -d QUEUE_ID\n";
}

/* Without a queue to read there is nothing to choose from, and one that can only be looked at is not
 * changed: the commands of the mail server. */
static bool
queue_of(struct plan_run *r, const char *action, const struct json **ret)
{
	const char *commands = strcmp(r->rules->panel_kind, "cpanel") == 0 ? exim_commands(action) :
	    postfix_commands(action);
	const struct ev_failure *why = NULL;

	*ret = NULL;
	if (ev_has_panel(r->ev) && (*ret = ev_fact_any(r->ev, "queue", NULL, &why)) != NULL &&
	    json_tristate(*ret, "acts") != 0)
		return true;
	if (ev_has_panel(r->ev) && *ret == NULL && (why == NULL || strcmp(why->reason, "unsupported") != 0)) {
		ev_fact(r->ev, "queue", NULL);		/* on its way, or says why not */
		return false;
	}
	r->mode = MODE_COPY;
	r->copy_where_id = "fix.queue.where.shell";
	r->copy_text = commands;
	return false;
}

static void
add_id(struct plan_run *r, struct chosen *chosen, const struct json *message)
{
	if (chosen->ids == NULL)
		chosen->ids = json_new_array(r->arena);
	json_add_str(chosen->ids, json_str(message, "id"));
	chosen->count++;
}

static void
change_queue(struct plan_run *r, const char *action, const struct chosen *chosen)
{
	struct change c = { .kind = CHANGE_QUEUE, .action = action, .ids = chosen->ids };
	struct alternative *note = plan_alternative(r, strcmp(action, "hold") == 0 ? "fix.queue.note.hold" :
	    strcmp(action, "release") == 0 ? "fix.queue.note.release" :
	    strcmp(r->fix->id, "queue.delete") == 0 ? "fix.queue.note.delete_messages" :
	    "fix.queue.note.delete", NULL);

	note->values[0] = (struct finding_value){ "count", arena_printf(r->arena, "%zu", chosen->count) };
	plan_change(r, &c);
}

static bool
is_own(struct plan_run *r, const struct whose *whose, const struct json *message)
{
	const char *domain = whose_message(whose, message);

	return r->may_all || (domain != NULL && plan_may(r, domain));
}

static bool
is_state(const struct json *message, const char *state)
{
	const char *is = json_str(message, "state");

	return is != NULL && strcmp(is, state) == 0;
}

/* --- queue.hold -------------------------------------------------------------------------------------------- */

static void
refuse_group(struct plan_run *r, enum refused refused, const char *text_id, const char *group)
{
	plan_refuse(r, refused, text_id);
	plan_refuse_value(r, "group", group == NULL ? "-" : group);
}

static void
plan_hold(struct plan_run *r)
{
	const char *group = plan_param(r, "group"), *key;
	struct chosen chosen = { 0 };
	struct queue_reader *reader;
	const struct json *queue, *v;
	struct whose *whose;
	enum queue_by by;

	if (group == NULL || !queue_group_parse(group, &by, &key)) {
		refuse_group(r, REFUSED_INVALID_VALUE, "fix.queue.refused.which", group);
		return;
	}
	if (!queue_of(r, "hold", &queue) ||
	    !whose_open(r->ev, r->arena, &whose))
		return;
	reader = queue_reader_new(r->arena, r->rules->data);
	for (v = json_first(json_get(queue, "messages")); v != NULL; v = json_next(v)) {
		if (json_str(v, "id") == NULL || !queue_is_in(reader, v, by, key) || !is_own(r, whose, v))
			continue;
		if (is_state(v, "hold"))
			chosen.others++;
		else
			add_id(r, &chosen, v);
	}
	if (chosen.count > 0)
		change_queue(r, "hold", &chosen);
	else
		refuse_group(r, REFUSED_NOT_NEEDED, chosen.others > 0 ? "fix.queue.refused.held" :
		    "fix.queue.refused.no_message", group);
}

/* --- queue.delete_bounces ---------------------------------------------------------------------------------- */

static bool
hours_of(struct plan_run *r, int64_t *ret)
{
	const char *given = plan_param(r, "older_than");
	uint64_t hours;

	*ret = 0;
	if (given == NULL || given[0] == '\0')
		return true;
	if (!text_uint(text_of(given), HOURS_MAX, &hours)) {
		plan_refuse(r, REFUSED_INVALID_VALUE, "fix.queue.refused.hours");
		plan_refuse_value(r, "hours", given);
		return false;
	}
	*ret = (int64_t)hours;
	return true;
}

/* A bounce has no sender (RFC 5321 4.5.5); one whose age is not known is left alone. */
static void
plan_delete(struct plan_run *r)
{
	struct chosen chosen = { 0 };
	const struct json *queue, *v;
	int64_t hours;

	if (!hours_of(r, &hours) || !queue_of(r, "bounces", &queue))
		return;
	for (v = json_first(json_get(queue, "messages")); v != NULL; v = json_next(v)) {
		const char *sender = json_str(v, "sender");
		int64_t arrived = json_int(v, "arrived_at", -1);

		if (json_str(v, "id") == NULL || sender == NULL || sender[0] != '\0' || is_state(v, "active"))
			continue;
		if (hours > 0 && (arrived < 0 || r->now - arrived < hours * HOUR_S))
			continue;
		add_id(r, &chosen, v);
	}
	if (chosen.count > 0)
		change_queue(r, "delete", &chosen);
	else
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.queue.refused.no_bounce");
}

/* --- messages that somebody chose --------------------------------------------------------------------------- */

/* Commas between them: no mail server has one in its ids. */
static struct map *
ids_of(struct plan_run *r)
{
	const char *given = plan_param(r, "ids");
	struct map *ids = map_new(r->arena);
	struct text rest = text_of(given == NULL ? "" : given), id;

	while (text_split(&rest, ',', &id))
		if (id.n > 0)
			map_put(ids, text_cstr(r->arena, id), ids);
	return ids;
}

static void
plan_chosen(struct plan_run *r, const char *action)
{
	bool hold = strcmp(action, "hold") == 0, release = strcmp(action, "release") == 0;
	struct map *ids = ids_of(r);
	struct chosen chosen = { 0 };
	const struct json *queue, *v;
	struct whose *whose;

	if (map_count(ids) == 0) {
		plan_refuse(r, REFUSED_INVALID_VALUE, "fix.queue.refused.no_id");
		return;
	}
	if (!queue_of(r, action, &queue) || !whose_open(r->ev, r->arena, &whose))
		return;
	for (v = json_first(json_get(queue, "messages")); v != NULL; v = json_next(v)) {
		const char *id = json_str(v, "id");

		if (id == NULL || map_get(ids, id) == NULL || !is_own(r, whose, v))
			continue;
		if (hold || release ? is_state(v, "hold") == hold : false)
			chosen.others++;
		else
			add_id(r, &chosen, v);
	}
	if (chosen.count > 0)
		change_queue(r, action, &chosen);
	else
		plan_refuse(r, REFUSED_NOT_NEEDED, chosen.others == 0 ? "fix.queue.refused.gone" :
		    hold ? "fix.queue.refused.all_held" : "fix.queue.refused.none_held");
}

static void
plan_hold_messages(struct plan_run *r)
{
	plan_chosen(r, "hold");
}

static void
plan_release(struct plan_run *r)
{
	plan_chosen(r, "release");
}

static void
plan_delete_messages(struct plan_run *r)
{
	plan_chosen(r, "delete");
}

const struct fix fix_queue_hold_messages = { .id = "queue.hold_messages", .scope = SCOPE_SERVER, .roles = ROLE_ALL,
	.panels = PANEL_PLESK | PANEL_CPANEL | PANEL_POSTFIX, .params = { "ids" }, .checks_after = { "queue" },
	.plan = plan_hold_messages };
const struct fix fix_queue_release = { .id = "queue.release", .scope = SCOPE_SERVER, .roles = ROLE_ALL,
	.panels = PANEL_PLESK | PANEL_CPANEL | PANEL_POSTFIX, .params = { "ids" }, .checks_after = { "queue" },
	.plan = plan_release };
const struct fix fix_queue_delete = { .id = "queue.delete", .scope = SCOPE_SERVER, .roles = ROLE_ALL,
	.panels = PANEL_PLESK | PANEL_CPANEL | PANEL_POSTFIX, .params = { "ids" }, .checks_after = { "queue" },
	.no_undo = true, .plan = plan_delete_messages };

const struct fix fix_queue_hold = { .id = "queue.hold", .scope = SCOPE_SERVER, .roles = ROLE_ALL,
	.panels = PANEL_PLESK | PANEL_CPANEL | PANEL_POSTFIX, .params = { "group" }, .checks_after = { "queue" },
	.plan = plan_hold };
const struct fix fix_queue_delete_bounces = { .id = "queue.delete_bounces", .scope = SCOPE_SERVER,
	.roles = ROLE_ADMIN, .panels = PANEL_PLESK | PANEL_CPANEL | PANEL_POSTFIX,
	.params = { "older_than" }, .checks_after = { "queue" }, .no_undo = true, .plan = plan_delete };
