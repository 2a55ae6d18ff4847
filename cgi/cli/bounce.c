/*
 * bounce explain: reads files, asks nobody.  A batch names one file a line and
 * gives one line for each, in the same order.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cli/families.h"
#include "cli/lines.h"
#include "engine/tools.h"

static struct json *
explain(const struct cli *cli, struct arena *a, const char *path, struct err *err)
{
	return engine_bounce_explain_file(cli->engine, a, cli->lang, path, err);
}

/* --- for a person --------------------------------------------------------------------------------- */

static void
say_line(const struct cli *cli, const char *label, const char *value)
{
	if (value != NULL)
		cli_say(cli, arena_printf(cli->arena, "  %s: %s\n",
		    cli_text(cli, arena_printf(cli->arena, "bounce.%s", label), NULL, 0), value));
}

static void
say_recipient(const struct cli *cli, const struct json *r)
{
	const char *address = json_str(r, "address");

	cli_say(cli, arena_printf(cli->arena, "\n%s: %s\n",
	    address == NULL ? cli_text(cli, "bounce.nobody", NULL, 0) : address,
	    json_str(r, "explanation")));
	say_line(cli, "server", json_str(r, "mta"));
	say_line(cli, "status", json_str(r, "status"));
	say_line(cli, "answer", json_str(r, "diagnostic"));
	for (const struct json *s = json_first(json_get(r, "advice")); s != NULL; s = json_next(s))
		cli_say(cli, arena_printf(cli->arena, "  - %s\n", json_value_str(s)));
}

static void
say(const struct cli *cli, const struct json *answer)
{
	const struct json *feedback = json_get(answer, "feedback"), *one;
	struct catalog_value type = { "type", json_str(feedback, "type") };

	cli_say(cli, arena_printf(cli->arena, "%s\n", cli_text(cli,
	    arena_printf(cli->arena, "bounce.kind.%s", json_str(answer, "kind")), &type,
	    type.value != NULL)));
	say_line(cli, "source", json_str(feedback, "source_ip"));
	for (one = json_first(json_get(answer, "recipients")); one != NULL; one = json_next(one))
		say_recipient(cli, one);
	for (one = json_first(json_get(answer, "problems")); one != NULL; one = json_next(one))
		cli_say(cli, arena_printf(cli->arena, "\n%s\n", json_str(one, "message")));
}

/* --- a batch ---------------------------------------------------------------------------------------- */

static void
explain_line(const struct cli *cli, const char *path)
{
	struct arena *a = arena_new();
	struct json *answer;
	struct err err;

	answer = explain(cli, a, path, &err);
	if (answer == NULL) {
		answer = json_new_object(a);
		json_put_text(answer, "error", text_of(err.text));
	}
	json_put_text(answer, "file", text_of(path));
	cli_print(cli, answer);
	fflush(stdout);
	arena_free(a);
}

static int
explain_batch(const struct cli *cli, const char *path)
{
	struct err err;
	struct lines *in = lines_open(path, &err);
	struct text line;

	if (in == NULL)
		return cli_cannot(cli, &err);
	while (lines_next(in, &line)) {
		struct arena *a = arena_new();

		if (text_trim(line).n > 0)
			explain_line(cli, arena_strndup(a, line.p, line.n));
		arena_free(a);
	}
	lines_close(in);
	return EXIT_ANSWER;
}

int
run_bounce_explain(struct cli *cli)
{
	const char *batch = cli_value(cli, "batch");
	const struct json *answer;
	struct err err;

	if (batch != NULL && cli->operand_count > 0)
		return cli_usage(cli, "bounce explain takes a file or --batch, not both");
	if (batch != NULL && !cli->json)
		return cli_usage(cli, "--batch goes with --json");
	if (batch != NULL)
		return explain_batch(cli, batch);
	if (cli->operand_count == 0)
		return cli_usage(cli, "bounce explain needs a file, or - for standard input");
	answer = explain(cli, cli->arena, cli->operands[0], &err);
	if (answer == NULL)
		return cli_cannot(cli, &err);
	if (cli->json)
		cli_print(cli, answer);
	else
		say(cli, answer);
	return EXIT_ANSWER;
}
