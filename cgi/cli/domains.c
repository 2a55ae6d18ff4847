#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "cli/families.h"

int
run_domains(struct cli *cli)
{
	const struct json *d, *answer;
	struct rights *rights;
	struct err err;

	if (!cli_rights(cli, false, &rights, &err))
		return cli_cannot(cli, &err);
	if ((answer = engine_domains(cli->engine, cli->arena, rights, &err)) == NULL)
		return cli_cannot(cli, &err);
	if (cli->json) {
		cli_print(cli, answer);
		return EXIT_ANSWER;
	}
	for (d = json_first(json_get(answer, "domains")); d != NULL; d = json_next(d)) {
		const char *worst = json_str(json_get(d, "summary"), "worst");

		cli_say(cli, arena_printf(cli->arena, "%-40s %-16s %s\n", json_str(d, "name"),
		    json_str(d, "owner") == NULL ? "-" : json_str(d, "owner"),
		    worst == NULL ? "-" : worst));
	}
	return EXIT_ANSWER;
}
