#include "cli/show.h"

#include <stdio.h>

#include "base/arena.h"

static void
say_value(const struct cli *cli, const char *key, const struct json *v, int depth)
{
	const struct json *one;

	if (json_is_null(v) || ((json_is_object(v) || json_is_array(v)) && json_first(v) == NULL))
		return;
	printf("%*s", depth * 2, "");
	if (key != NULL)
		cli_say(cli, arena_printf(cli->arena, "%s:%s", key,
		    json_is_object(v) || json_is_array(v) ? "" : " "));
	else
		fputs(json_is_object(v) ? "-" : "- ", stdout);
	if (json_is_object(v) || json_is_array(v)) {
		putchar('\n');
		for (one = json_first(v); one != NULL; one = json_next(one))
			say_value(cli, json_key(one), one, depth + 1);
	} else if (json_is_str(v))
		cli_say(cli, arena_printf(cli->arena, "%s\n", json_value_str(v)));
	else
		printf("%s\n", json_print(cli->arena, v));
}

int
cli_show(const struct cli *cli, const struct json *answer, const struct err *err)
{
	const struct json *v;

	if (answer == NULL)
		return err->code == ERR_VALUE || err->code == ERR_SYNTAX ?
		    cli_usage(cli, "%s", err->text) : cli_cannot(cli, err);
	if (cli->json)
		cli_print(cli, answer);
	else
		for (v = json_first(answer); v != NULL; v = json_next(v))
			say_value(cli, json_key(v), v, 0);
	return EXIT_ANSWER;
}
