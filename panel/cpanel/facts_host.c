/* What only the machine under the panel tells, and what of it WHM tells as well. */

#include <string.h>

#include "evidence/queue.h"
#include "panel/cpanel/internal.h"

static bool
is_here(struct evidence *ev, const char *what, const struct panel_params *params)
{
	if (params != NULL && params->local)
		return true;
	ev_fail(ev, what, "unsupported", "the backend does not run on the panel's server");
	return false;
}

/* Exim's own word, which says more than WHM's. */
const struct json *
cpanel_queue_here(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	(void)arg;
	return is_here(ev, "mail queue", params) ? queue_of_exim(ev, a) : NULL;
}

const struct json *
cpanel_traffic_here(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	return is_here(ev, "mail log", params) ? host_mail_traffic(ev, a, arg, params) : NULL;
}

/*
 * What the machine tells, else what WHM does: the panel's address may be this machine's
 * where no helper runs, or where a tunnel ends.
 */
static const struct json *
here_or(struct evidence *ev, struct arena *a, const char *fact, const struct panel_params *params,
    const struct json *(*of_whm)(struct evidence *, struct arena *, const struct panel_params *))
{
	const struct ev_failure *why;
	const struct json *here = ev_fact_any(ev, fact, NULL, &why);

	if (here != NULL)
		return json_copy(a, here);
	return why == NULL ? NULL : of_whm(ev, a, params);
}

const struct json *
cpanel_script_log(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	return is_here(ev, "log of script mail", params) ? host_script_log(ev, a, arg, params) : NULL;
}

/* --- queue ------------------------------------------------------------------------------------------------ */

static void
add_message(struct json *messages, const struct json *from)
{
	static const char *const not_told[] = { "script", "uid", "account", "x_mailer", "list_unsubscribe",
	    "list_unsubscribe_post" };
	const char *sender = json_str(from, "sender");
	struct json *row = json_add_object(messages), *list;
	int64_t n;

	json_put_str(row, "id", json_str(from, "msgid"));
	json_put_str(row, "state", cp_flag(from, "frozen") == 1 ? "hold" : "deferred");
	if (cp_number(from, "time", &n))
		json_put_int(row, "arrived_at", n);
	else
		json_put_null(row, "arrived_at");
	if (cp_number(from, "size", &n))
		json_put_int(row, "size", n);
	else
		json_put_null(row, "size");
	json_put_str(row, "sender", sender == NULL || strcmp(sender, "<>") == 0 ? "" : sender);
	list = json_put_array(row, "recipients");
	for (const struct json *v = json_first(json_get(from, "recipients")); v != NULL; v = json_next(v)) {
		struct json *one;

		if (json_value_str(v) == NULL)
			continue;
		one = json_add_object(list);
		json_put_str(one, "address", json_value_str(v));
		json_put_null(one, "reason");
	}
	for (size_t i = 0; i < sizeof(not_told) / sizeof(not_told[0]); i++)
		json_put_null(row, not_told[i]);
	if (json_str(from, "user") != NULL && *json_str(from, "user") != '\0')
		json_put_str(row, "user", json_str(from, "user"));
}

/* By WHM the queue can be seen, without what stands in the headers, and not changed. */
static const struct json *
queue_of_whm(struct evidence *ev, struct arena *a, const struct panel_params *params)
{
	const struct json *data, *records;
	struct json *queue, *messages;
	size_t count = 0;
	struct err err;

	if (!cpanel_need(ev, "mail queue", ask_whm(ev, a, params, "fetch_mail_queue", ARGS(), &data, &err), &err))
		return NULL;
	if ((records = cp_list(data, "records")) == NULL) {
		ev_fail(ev, "mail queue", "protocol", "the panel does not tell the queue");
		return NULL;
	}
	queue = json_new_object(a);
	messages = json_put_array(queue, "messages");
	for (const struct json *v = json_first(records); v != NULL; v = json_next(v)) {
		if (json_str(v, "msgid") == NULL)
			continue;
		if (count++ < QUEUE_ROWS_MAX)
			add_message(messages, v);
	}
	json_put_int(queue, "total", (int64_t)count);
	json_put_int(queue, "read", 0);
	json_put_bool(queue, "acts", false);
	queue_count_states(queue);
	return queue;
}

const struct json *
cpanel_queue(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	(void)arg;
	return here_or(ev, a, "queue_here", params, queue_of_whm);
}

/* --- who sends how much ------------------------------------------------------------------------------------- */

#define LOOK_BACK_S	86400
#define STEP_S		300		/* so that one answer serves for a while */

static void
add_sender(struct json *fact, const struct json *v, int64_t now)
{
	const char *domain = json_str(v, "DOMAIN");
	int64_t sent = 0, failed = 0;
	struct json *row;

	if (domain == NULL || *domain == '\0')
		return;
	cp_number(v, "SENDCOUNT", &sent);
	cp_number(v, "DEFERFAILCOUNT", &failed);
	row = json_add_object(json_edit(fact, "domains"));
	json_put_str(row, "domain", domain);
	json_put_int(row, "messages", sent);
	json_put_null(row, "busiest");
	if (cp_flag(v, "REACHED_MAXEMAILS") != 1 && cp_flag(v, "REACHED_MAXDEFERFAIL") != 1)
		return;
	row = json_add_object(json_edit(fact, "limited"));
	json_put_str(row, "who", domain);
	json_put_bool(row, "account", false);
	json_put_int(row, "count", failed);
	json_put_int(row, "at", now);
}

static const struct json *
traffic_of_whm(struct evidence *ev, struct arena *a, const struct panel_params *params)
{
	int64_t now = evidence_now(ev) / STEP_S * STEP_S;
	const struct json *data, *v;
	struct json *fact;
	struct err err;

	if (!cpanel_need(ev, "mail log", ask_whm(ev, a, params, "emailtrack_user_stats",
	    ARGS({ "starttime", arena_printf(evidence_arena(ev), "%lld", (long long)(now - LOOK_BACK_S)) },
	    { "endtime", arena_printf(evidence_arena(ev), "%lld", (long long)(now + STEP_S)) },
	    { "deliverytype", "remote-or-faildefer" },), &data, &err), &err))
		return NULL;
	fact = json_new_object(a);
	json_put_int(fact, "since", now - LOOK_BACK_S);
	json_put_int(fact, "until", now);
	json_put_int(fact, "lines", (int64_t)json_count(cp_list(data, "records")));
	json_put_bool(fact, "more", false);
	json_put_array(fact, "accounts");
	json_put_array(fact, "domains");
	json_put_array(fact, "limited");
	for (v = json_first(cp_list(data, "records")); v != NULL; v = json_next(v))
		add_sender(fact, v, evidence_now(ev));
	return fact;
}

const struct json *
cpanel_mail_traffic(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	(void)arg;
	return here_or(ev, a, "traffic_here", params, traffic_of_whm);
}
