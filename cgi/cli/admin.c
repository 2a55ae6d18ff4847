/* Commands for whoever runs the program: identity, catalogue, configuration, serve. */

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "cli/families.h"
#include "engine/identity.h"

int
run_serve(struct cli *cli)
{
	return cli->serve(cli);
}

int
run_catalogue(struct cli *cli)
{
	struct json *answer = engine_catalogue(cli->arena);

	if (cli->json)
		cli_print(cli, answer);
	else
		puts(json_print_pretty(cli->arena, answer));
	return EXIT_ANSWER;
}

#define TTL_DEFAULT_S	60

int
run_identity_token(struct cli *cli)
{
	struct identity who = { .login = cli_value(cli, "login"), .session = cli_value(cli, "session"),
	    .acting = cli_value(cli, "acting"), .lang = cli->lang };
	const char *role = cli_value(cli, "role"), *ttl_text = cli_value(cli, "ttl"), *token;
	uint64_t ttl = TTL_DEFAULT_S;
	struct text key;
	struct err err;

	if (who.login == NULL || who.login[0] == '\0')
		return cli_usage(cli, "identity token needs --login");
	if (role == NULL || !role_of_name(role, &who.role))
		return cli_usage(cli, "identity token needs --role customer, reseller or admin");
	if (ttl_text != NULL && (!text_uint(text_of(ttl_text), IDENTITY_LIFE_MAX_S, &ttl) || ttl == 0))
		return cli_usage(cli, "--ttl is 1 to %d seconds", IDENTITY_LIFE_MAX_S);
	if (who.session == NULL)
		who.session = arena_printf(cli->arena, "cli-%s", who.login);
	if (!file_read_secret(cli->arena, cli->identity_key_file, true, 4096, &key, &err))
		return cli_cannot(cli, &err);
	if (key.n < IDENTITY_KEY_MIN) {
		err_set(&err, ERR_VALUE, "%s: an identity key has at least %d bytes",
		    cli->identity_key_file, IDENTITY_KEY_MIN);
		return cli_cannot(cli, &err);
	}
	token = identity_sign(cli->arena, key, &who, cli->now + (int64_t)ttl);
	if (cli->json) {
		struct json *answer = json_new_object(cli->arena);

		json_put_str(answer, "token", token);
		cli_print(cli, answer);
	} else
		puts(token);
	return EXIT_ANSWER;
}

/* --- config check ----------------------------------------------------------------------------------- */

static void
say_service(const struct cli *cli, const struct json *one)
{
	struct catalog_value values[] = { { "what", json_str(one, "what") },
	    { "detail", json_str(one, "detail") == NULL ? "" : json_str(one, "detail") } };

	cli_say(cli, arena_printf(cli->arena, "%s\n", cli_text(cli, arena_printf(cli->arena,
	    "config.%s", json_str(one, "state")), values, 2)));
}

int
run_config_check(struct cli *cli)
{
	const struct json *answer = engine_reachable(cli->engine, cli->arena), *v;

	if (cli->json)
		cli_print(cli, answer);
	else
		for (v = json_first(json_get(answer, "reachable")); v != NULL; v = json_next(v))
			say_service(cli, v);
	return EXIT_ANSWER;
}
