#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "cli/families.h"
#include "cli/targets.h"

/* Who may write the store may say so; names that the panel does not have are not looked at. */
int
run_changed(struct cli *cli)
{
	struct name name;
	struct err err;
	int status;

	if (cli->operand_count == 0 && !cli_flag(cli, "server"))
		return cli_usage(cli, "changed needs a domain or --server");
	if ((status = targets_valid(cli)) != -1)
		return status;
	for (size_t i = 0; i < cli->operand_count; i++)
		if (!name_from_person(cli->arena, text_of(cli->operands[i]), &name, &err) ||
		    !engine_changed(cli->engine, name.s, &err))
			return cli_cannot(cli, &err);
	if (cli_flag(cli, "server") && !engine_changed(cli->engine, "server", &err))
		return cli_cannot(cli, &err);
	if (cli->json)
		cli_print(cli, json_parse(cli->arena, TEXT("{\"changed\":true}"), &err));
	return EXIT_ANSWER;
}

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
