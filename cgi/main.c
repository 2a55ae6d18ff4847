/*
 * Anti-Spam Guide: which face to show, and with what.
 */

#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/cli.h"
#include "setup.h"
#include "web/web.h"

#define CONFIG_FILE	"/etc/antispam-guide/config.yaml"
#define RECORDING_MAX	(256u * 1024 * 1024)

static struct setup setup;	/* serve is called back with the cli alone */

/* --- options that stand over the configuration --------------------------------------------------------- */

static int
override_resolvers(const struct cli *cli, struct config *c)
{
	const char *const *texts;
	size_t count = cli_values(cli, "resolver", &texts), i;

	if (count == 0)
		return -1;
	c->resolvers = arena_array(cli->arena, count, sizeof(*c->resolvers));
	for (i = 0; i < count; i++)
		if (!endpoint_parse(text_of(texts[i]), 53, &c->resolvers[i]))
			return cli_usage(cli, "--resolver: '%s' is not ADDRESS or ADDRESS:PORT", texts[i]);
	c->resolver_count = count;
	return -1;
}

static int
override_number(const struct cli *cli, const char *option, uint64_t min, uint64_t max, uint32_t *at)
{
	const char *text = cli_value(cli, option);
	uint64_t number;

	if (text == NULL)
		return -1;
	if (!text_uint(text_of(text), max, &number) || number < min)
		return cli_usage(cli, "--%s is a number from %llu to %llu", option,
		    (unsigned long long)min, (unsigned long long)max);
	*at = (uint32_t)number;
	return -1;
}

static int
override(const struct cli *cli, struct config *c)
{
	static const char *const kinds[] = { "none", "plesk", "cpanel", "postfix" };
	const char *panel = cli_value(cli, "panel");
	uint32_t unused;
	size_t i;
	int status;

	if ((status = override_resolvers(cli, c)) != -1 ||
	    (status = override_number(cli, "dns-timeout", 50, 600000, &c->dns_timeout_ms)) != -1 ||
	    (status = override_number(cli, "dns-tries", 1, 5, &c->dns_tries)) != -1 ||
	    (status = override_number(cli, "time-limit", 1, UINT32_MAX, &unused)) != -1)
		return status;
	if (cli_value(cli, "store") != NULL)
		c->store = cli_value(cli, "store");
	if (cli_value(cli, "listen") != NULL) {
		c->listen_panel = cli_value(cli, "listen");
		c->listen_user = c->listen_admin = NULL;
	}
	for (i = 0; panel != NULL && i < 4; i++) {
		if (strcmp(kinds[i], panel) == 0) {
			c->panel_kind = kinds[i];
			return -1;
		}
	}
	return panel == NULL ? -1 :
	    cli_usage(cli, "--panel is none, plesk, cpanel or postfix");
}

/* --- parts ------------------------------------------------------------------------------------------------ */

static bool
load_config(const struct cli *cli, struct err *err)
{
	const char *path = cli_value(cli, "config");
	bool tool = (cli->command->needs & NEEDS_TOOL) != 0;

	if (config_load(setup.arena, path == NULL ? CONFIG_FILE : path, path != NULL, &setup.config,
	    err))
		return true;
	/* A mail tool needs no configuration, so one that is not ours to read does no harm. */
	return tool && path == NULL &&
	    config_load(setup.arena, "/nonexistent/config.yaml", false, &setup.config, err);
}

static bool
load_replay(const struct cli *cli, const struct json **ret, struct err *err)
{
	const char *path = cli_value(cli, "replay");
	struct text text;

	*ret = NULL;
	if (path == NULL)
		return true;
	if (!file_read(setup.arena, path, RECORDING_MAX, &text, err))
		return false;
	*ret = json_parse(setup.arena, text, err);
	return *ret != NULL;
}

static int
prepare(struct cli *cli)
{
	unsigned needs = cli->command->needs;
	struct setup_options options = { .store = needs & NEEDS_STORE,
	    .panel_key = (needs & NEEDS_PANEL) != 0 || cli_flag(cli, "all"),
	    .time_limit_ms = cli_time_limit_ms(cli) };
	struct err err;
	int status;

	if (needs == NEEDS_NOTHING)		/* no configuration either */
		return -1;
	if (!load_config(cli, &err))
		return cli_cannot(cli, &err);
	if ((status = override(cli, &setup.config)) != -1)
		return status;
	log_level_set(setup.config.log_level);
	if (needs & NEEDS_TOOL) {		/* a mail tool asks the DNS and nobody else */
		setup.config.panel_kind = "none";
		setup.config.panel_url = setup.config.panel_key_file = NULL;
	}
	if (cli->lang == NULL)
		cli->lang = setup.config.language;
	cli->identity_key_file = setup.config.identity_key_file;
	if (!setup_words(&setup, &err) || !load_replay(cli, &options.replay, &err))
		return cli_cannot(cli, &err);
	cli->catalog = setup.catalog;
	cli->data = setup.data;
	cli->psl = setup.psl;
	if ((needs & NEEDS_PANEL) && strcmp(setup.config.panel_kind, "none") == 0 &&
	    json_count(setup.config.domains) == 0) {
		err_set(&err, ERR_VALUE, "%s needs a panel: set panel.kind in %s", cli->command->words,
		    setup.config.file == NULL ? CONFIG_FILE : setup.config.file);
		return cli_cannot(cli, &err);
	}
	if (needs & (NEEDS_ENGINE | NEEDS_TOOL)) {
		if (!setup_engine(&setup, &options, &err))
			return cli_cannot(cli, &err);
		cli->engine = setup.engine;
	}
	return -1;
}

static int
serve(struct cli *cli)
{
	const struct config *c = &setup.config;
	struct json *links = json_new_object(setup.arena);
	struct web_config web = {
		.listen_panel = c->listen_panel, .listen_user = c->listen_user,
		.listen_admin = c->listen_admin,
		.by_remote_user = strcmp(c->panel_kind, "postfix") == 0,
		.admins = c->admins, .admin_count = c->admin_count,
		.identity_key_file = c->identity_key_file, .templates = setup.templates,
		.panel_kind = c->panel_kind, .language = c->language, .provider_name = c->provider_name,
		.notices = c->notices,
		.support = { c->support_url, c->support_phone, c->support_chat, c->support_hours },
		.links = links,
	};
	struct err err;
	size_t i;
	bool fine;

	for (i = 0; i < c->link_count; i++)
		json_put_str(links, c->links[i].id, c->links[i].url);
	/*
	 * Answers are built in arenas: many heaps would only hold memory that is free.  Fixed thresholds,
	 * or one large list of the panel would raise them and nothing would be given back any more.
	 */
	mallopt(M_ARENA_MAX, 2);
	mallopt(M_MMAP_THRESHOLD, 512 * 1024);
	mallopt(M_TRIM_THRESHOLD, 2 * 1024 * 1024);
	malloc_trim(0);
	/* The panel's key is in this process: no core file, no /proc/PID/mem for others. */
	prctl(PR_SET_DUMPABLE, 0);
	if (!engine_start(setup.engine, &err))
		return cli_cannot(cli, &err);
	fine = web_serve(&web, setup.engine, &err);
	engine_stop(setup.engine);
	return fine ? EXIT_ANSWER : cli_cannot(cli, &err);
}

/* Installed as NAME.live.cgi it is that command alone, whatever stands on the command line. */
static bool
called_as_cgi(const char *name)
{
	return name != NULL && text_ends(text_of(name), ".cgi");
}

int
main(int argc, char **argv)
{
	static char command[] = "cgi";
	struct cli cli = { .now = time(NULL), .serve = serve };
	int status;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);	/* a file that may not grow is an error like a full disk */
	setlocale(LC_CTYPE, "C.UTF-8");
	setup.arena = cli.arena = arena_new();
	if (argc > 0 && called_as_cgi(argv[0]))
		status = cli_parse(&cli, 2, (char *[]){ argv[0], command, NULL });
	else
		status = cli_parse(&cli, argc, argv);
	if (status == -1)
		status = prepare(&cli);
	if (status == -1)
		status = cli.command->run(&cli);
	if (fflush(stdout) != 0 && status == EXIT_ANSWER)
		status = EXIT_CANNOT;
	setup_end(&setup);
	return status;
}
