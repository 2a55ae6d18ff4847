/* `senders` and `forwarding`: who sent how much, and what is sent on to whom, by the mail log, which is read on first. */

#include <stdio.h>

#include "base/arena.h"
#include "cli/families.h"
#include "cli/show.h"
#include "engine/traffic.h"

#define READ_MS	600000	/* a first reading of many gigabytes */

static const char *
or_dash(const char *text)
{
	return text == NULL || text[0] == '\0' ? "-" : text;
}

static void
say_senders(const struct cli *cli, const struct json *answer)
{
	const struct json *total = json_get(answer, "total"), *v;

	cli_say(cli, arena_printf(cli->arena, "%s to %s: %lld messages, %lld refused, %lld of them by a limit\n",
	    or_dash(json_str(answer, "since")), or_dash(json_str(answer, "until")),
	    (long long)json_int(total, "messages", 0), (long long)json_int(total, "rejected", 0),
	    (long long)json_int(total, "limited", 0)));
	for (v = json_first(json_get(answer, "senders")); v != NULL; v = json_next(v))
		cli_say(cli, arena_printf(cli->arena, "  %8lld  busiest hour %6lld at %s  %-40s %s\n",
		    (long long)json_int(v, "messages", 0), (long long)json_int(v, "busiest", 0),
		    or_dash(json_str(v, "busiest_at")), json_str(v, "name"), or_dash(json_str(v, "owner"))));
	for (v = json_first(json_get(answer, "networks")); v != NULL; v = json_next(v))
		cli_say(cli, arena_printf(cli->arena, "  %8lld  log-ins from %-20s %s to %s\n",
		    (long long)json_int(v, "logins", 0), json_str(v, "network"), or_dash(json_str(v, "first")),
		    or_dash(json_str(v, "last"))));
}

/* What was counted can be read while the panel is down, unless it has to say whose it is. */
static bool
read_on(struct cli *cli, struct rights **rights, struct err *err)
{
	if (!cli_rights(cli, false, rights, err)) {
		if (cli_value(cli, "as") != NULL)
			return false;
		*rights = engine_rights_kept(cli->arena);
	}
	if (rights_admin(*rights) && !engine_traffic_read(cli->engine, READ_MS, NULL, err))
		fprintf(stderr, "antispam-guide: the mail log was not read: %s\n", err->text);
	return true;
}

int
run_forwarding(struct cli *cli)
{
	const struct json *answer, *v;
	struct rights *rights;
	struct err err;

	if (!read_on(cli, &rights, &err))
		return cli_cannot(cli, &err);
	answer = engine_forwarded(cli->engine, cli->arena, rights, &err);
	if (answer == NULL || cli->json)
		return cli_show(cli, answer, &err);
	cli_say(cli, arena_printf(cli->arena, "%s to %s\n", or_dash(json_str(answer, "since")),
	    or_dash(json_str(answer, "until"))));
	for (v = json_first(json_get(answer, "domains")); v != NULL; v = json_next(v))
		cli_say(cli, arena_printf(cli->arena, "  %8lld of %lld received  %s\n",
		    (long long)json_int(v, "forwarded", 0), (long long)json_int(v, "received", 0), json_str(v, "domain")));
	for (v = json_first(json_get(answer, "forwards")); v != NULL; v = json_next(v))
		cli_say(cli, arena_printf(cli->arena, "  %8lld, %lld refused  %-40s %s\n",
		    (long long)json_int(v, "messages", 0), (long long)json_int(v, "rejected", 0), json_str(v, "address"),
		    json_str(v, "to")));
	return EXIT_ANSWER;
}

int
run_senders(struct cli *cli)
{
	struct senders_query q = { .by = cli_value(cli, "by"), .name = cli->operand_count > 0 ? cli->operands[0] : NULL };
	const char *days = cli_value(cli, "days");
	struct json *answer;
	struct rights *rights;
	struct err err;
	uint64_t n;

	if (days != NULL && (!text_uint(text_of(days), TRAFFIC_DAYS, &n) || n == 0))
		return cli_usage(cli, "--days takes 1 to 30");
	if (days != NULL)
		q.days = (int64_t)n;
	if (!read_on(cli, &rights, &err))
		return cli_cannot(cli, &err);
	answer = engine_who_sends(cli->engine, cli->arena, rights, &q, &err);
	if (answer == NULL && err.code == ERR_VALUE)
		return cli_usage(cli, "%s", err.text);
	if (answer == NULL || cli->json)
		return cli_show(cli, answer, &err);
	say_senders(cli, answer);
	return EXIT_ANSWER;
}
