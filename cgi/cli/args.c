/*
 * The command line: two command words at most, then options and operands in
 * any order; "--name=value" equals "--name value"; "--" ends the options.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "cli/cli.h"

#define PROGRAM "antispam-guide"

static const struct option common[] = {
	{ "config", "FILE" }, { "json", NULL }, { "lang", "en|es" }, { "resolver", "HOST:PORT" },
	{ "panel", "none|plesk|cpanel|postfix" }, { "store", "FILE" }, { "as", "LOGIN" },
	{ "dns-timeout", "MS" }, { "dns-tries", "N" }, { "time-limit", "MS" }, { "help", NULL },
};

int
cli_usage(const struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	fputs(PROGRAM ": ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	if (cli->command != NULL)
		fprintf(stderr, " (see '" PROGRAM " %s --help')\n", cli->command->words);
	else
		fputs(" (see '" PROGRAM " help')\n", stderr);
	return EXIT_USAGE;
}

/* --- help ------------------------------------------------------------------------------------------- */

static void
help_all(void)
{
	size_t i;

	puts("usage: " PROGRAM " COMMAND [OPTION...] [OPERAND...]\n");
	for (i = 0; i < commands_count; i++)
		printf("  %-18s %s\n", commands[i].words, commands[i].summary);
	puts("\noptions of every command:");
	for (i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		printf("  --%s %s\n", common[i].name, common[i].value == NULL ? "" : common[i].value);
	puts("\n'" PROGRAM " COMMAND --help' tells more; so does antispam-guide(1).");
}

static void
help_one(const struct command *c)
{
	size_t i;

	printf("usage: " PROGRAM " %s", c->words);
	for (i = 0; i < COMMAND_OPTIONS_MAX && c->options[i].name != NULL; i++) {
		printf(" [--%s", c->options[i].name);
		if (c->options[i].value != NULL)
			printf(" %s", c->options[i].value);
		putchar(']');
	}
	printf("%s%s\n\n%s\n", c->operands[0] == '\0' ? "" : " ", c->operands, c->summary);
}

/* --- parsing ------------------------------------------------------------------------------------------ */

static const struct command *
find_command(int argc, char **argv, int *used)
{
	const struct command *one = NULL;
	size_t i;
	char two[64];

	snprintf(two, sizeof(two), "%s %s", argv[1], argc > 2 ? argv[2] : "");
	for (i = 0; i < commands_count; i++) {
		if (strcmp(commands[i].words, two) == 0) {
			*used = 2;
			return &commands[i];
		}
		if (strcmp(commands[i].words, argv[1]) == 0)
			one = &commands[i];
	}
	*used = 1;
	return one;
}

static const struct option *
find_option(const struct command *command, const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < COMMAND_OPTIONS_MAX && command->options[i].name != NULL; i++)
		if (strlen(command->options[i].name) == n &&
		    strncmp(command->options[i].name, name, n) == 0)
			return &command->options[i];
	for (i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		if (strlen(common[i].name) == n && strncmp(common[i].name, name, n) == 0)
			return &common[i];
	return NULL;
}

/* One word that begins with "--"; *i moves on when its value is the next word. */
static int
take_option(struct cli *cli, struct given *given, int argc, char **argv, int *i)
{
	const char *word = argv[*i] + 2, *equals = strchr(word, '=');
	size_t n = equals == NULL ? strlen(word) : (size_t)(equals - word);
	const struct option *option = find_option(cli->command, word, n);
	struct given *one = &given[cli->given_count];

	if (option == NULL)
		return cli_usage(cli, "unknown option --%.*s", (int)n, word);
	one->name = option->name;
	if (option->value == NULL && equals != NULL)
		return cli_usage(cli, "--%s takes no value", option->name);
	if (option->value == NULL)
		one->value = "";
	else if (equals != NULL)
		one->value = equals + 1;
	else if (*i + 1 < argc)
		one->value = argv[++*i];
	else
		return cli_usage(cli, "--%s needs a value: %s", option->name, option->value);
	cli->given_count++;
	return -1;
}

static int
take_words(struct cli *cli, int argc, char **argv, int from)
{
	struct given *given = arena_array(cli->arena, (size_t)argc + 1, sizeof(*given));
	const char **operands = arena_array(cli->arena, (size_t)argc + 1, sizeof(*operands));
	bool options_end = false;
	int i, status;

	cli->given = given;
	cli->operands = operands;
	for (i = from; i < argc; i++) {
		if (!options_end && strcmp(argv[i], "--") == 0)
			options_end = true;
		else if (!options_end && strncmp(argv[i], "--", 2) == 0) {
			if ((status = take_option(cli, given, argc, argv, &i)) != -1)
				return status;
		} else if (!options_end && argv[i][0] == '-' && argv[i][1] != '\0')
			return cli_usage(cli, "unknown option %s", argv[i]);
		else
			operands[cli->operand_count++] = argv[i];
	}
	return -1;
}

int
cli_parse(struct cli *cli, int argc, char **argv)
{
	int used, status;

	if (argc < 2) {
		fputs(PROGRAM ": a command is needed (see '" PROGRAM " help')\n", stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
		puts(PROGRAM " " ASG_VERSION);
		return EXIT_ANSWER;
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0) {
		help_all();
		return EXIT_ANSWER;
	}
	cli->command = find_command(argc, argv, &used);
	if (cli->command == NULL)
		return cli_usage(cli, "unknown command '%s'", argv[1]);
	if ((status = take_words(cli, argc, argv, used + 1)) != -1)
		return status;
	if (cli_flag(cli, "help")) {
		help_one(cli->command);
		return EXIT_ANSWER;
	}
	if (cli->operand_count < (size_t)cli->command->least)
		return cli_usage(cli, "%s needs %s", cli->command->words, cli->command->operands);
	if (cli->command->most >= 0 && cli->operand_count > (size_t)cli->command->most)
		return cli_usage(cli, "%s: too many operands, beginning with '%s'",
		    cli->command->words, cli->operands[cli->command->most]);
	cli->json = cli_flag(cli, "json");
	cli->lang = cli_value(cli, "lang");
	if (cli->lang != NULL && strcmp(cli->lang, "en") != 0 && strcmp(cli->lang, "es") != 0)
		return cli_usage(cli, "--lang is en or es");
	return -1;
}

/* --- reading ------------------------------------------------------------------------------------------- */

const char *
cli_value(const struct cli *cli, const char *option)
{
	size_t i;

	for (i = cli->given_count; i > 0; i--)
		if (strcmp(cli->given[i - 1].name, option) == 0)
			return cli->given[i - 1].value;
	return NULL;
}

bool
cli_flag(const struct cli *cli, const char *option)
{
	return cli_value(cli, option) != NULL;
}

size_t
cli_values(const struct cli *cli, const char *option, const char *const **ret)
{
	const char **list = arena_array(cli->arena, cli->given_count + 1, sizeof(*list));
	size_t i, n = 0;

	for (i = 0; i < cli->given_count; i++)
		if (strcmp(cli->given[i].name, option) == 0)
			list[n++] = cli->given[i].value;
	*ret = list;
	return n;
}

uint32_t
cli_time_limit_ms(const struct cli *cli)
{
	const char *text = cli_value(cli, "time-limit");
	uint64_t ms;

	return text != NULL && text_uint(text_of(text), UINT32_MAX, &ms) ? (uint32_t)ms : 0;
}
