/* `queue`: what waits and why, and one message with its headers. */

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "cli/families.h"
#include "cli/show.h"
#include "engine/queue.h"

static const char *
or_dash(const char *text)
{
	return text == NULL || text[0] == '\0' ? "-" : text;
}

static void
say_summary(const struct cli *cli, const struct json *answer)
{
	const char *last = "";

	cli_say(cli, arena_printf(cli->arena, "total %lld, active %lld, deferred %lld, hold %lld\n",
	    (long long)json_int(answer, "total", 0), (long long)json_int(answer, "active", 0),
	    (long long)json_int(answer, "deferred", 0), (long long)json_int(answer, "hold", 0)));
	for (const struct json *g = json_first(json_get(answer, "groups")); g != NULL; g = json_next(g)) {
		const char *by = json_str(g, "by"), *key = json_str(g, "key");

		if (strcmp(by, last) != 0)
			cli_say(cli, arena_printf(cli->arena, "%s\n", by));
		last = by;
		cli_say(cli, arena_printf(cli->arena, "  %7lld  %5.1f %%  %-48s %s\n",
		    (long long)json_int(g, "count", 0), 100 * json_double(g, "share", 0),
		    key[0] == '\0' ? "<>" : key, or_dash(json_str(g, "owner"))));
	}
}

static void
say_message(const struct cli *cli, const struct json *m)
{
	const struct json *v;

	cli_say(cli, arena_printf(cli->arena, "%-16s %-8s %-20s <%s>\n", json_str(m, "id"), json_str(m, "state"),
	    or_dash(json_str(m, "arrived_at")), json_str(m, "sender")));
	for (v = json_first(json_get(m, "recipients")); v != NULL; v = json_next(v))
		cli_say(cli, arena_printf(cli->arena, "  %s  %s\n", json_str(v, "address"),
		    json_str(v, "reason") == NULL ? "" : json_str(v, "reason")));
}

int
run_queue(struct cli *cli)
{
	const char *what = cli->operand_count == 0 ? "summary" : cli->operands[0];
	const struct json *answer, *v;
	struct rights *rights;
	struct err err;
	bool show = strcmp(what, "show") == 0, list = strcmp(what, "list") == 0;

	if ((!show && !list && strcmp(what, "summary") != 0) || (cli->operand_count == 2) != show)
		return cli_usage(cli, "queue takes summary, list, or show ID");
	if (!cli_rights(cli, false, &rights, &err))
		return cli_cannot(cli, &err);
	answer = show ? engine_queue_show(cli->engine, cli->arena, rights, cli->operands[1], &err) :
	    list ? engine_queue_list(cli->engine, cli->arena, rights, cli_value(cli, "group"), &err) :
	    engine_queue_summary(cli->engine, cli->arena, rights, &err);
	if (answer == NULL || cli->json)
		return cli_show(cli, answer, &err);
	if (!show && !list)
		say_summary(cli, answer);
	for (v = json_first(json_get(answer, "messages")); v != NULL; v = json_next(v))
		say_message(cli, v);
	if (show) {
		say_message(cli, answer);
		for (v = json_first(json_get(answer, "headers")); v != NULL; v = json_next(v))
			cli_say(cli, arena_printf(cli->arena, "%s: %s\n", json_str(v, "name"),
			    json_str(v, "value")));
	}
	return EXIT_ANSWER;
}
