/* `blacklist`: what is listed first, then what could not be found out. */

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "cli/families.h"
#include "cli/show.h"
#include "engine/tools.h"

static void
say_state(const struct cli *cli, const struct json *target, const char *state)
{
	const struct json *v;

	for (v = json_first(json_get(target, "lists")); v != NULL; v = json_next(v))
		if (strcmp(json_str(v, "state"), state) == 0)
			cli_say(cli, arena_printf(cli->arena, "  %-16s %-28s %s %s\n", state,
			    json_str(v, "name"), json_str(v, "why") == NULL ? "" : json_str(v, "why"),
			    json_str(v, "reason") == NULL ? "" : json_str(v, "reason")));
}

int
run_blacklist(struct cli *cli)
{
	static const char *const states[] = { "listed", "unknown", "out_of_service", "clean" };
	const struct json *answer, *t;
	struct err err;
	size_t i;

	answer = engine_blacklist(cli->engine, cli->arena, cli->lang, cli->operands, cli->operand_count,
	    cli_time_limit_ms(cli), &err);
	if (answer == NULL || cli->json)
		return cli_show(cli, answer, &err);
	for (t = json_first(json_get(answer, "targets")); t != NULL; t = json_next(t)) {
		cli_say(cli, arena_printf(cli->arena, "%s\n", json_str(t, "target")));
		for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
			say_state(cli, t, states[i]);
	}
	return EXIT_ANSWER;
}
