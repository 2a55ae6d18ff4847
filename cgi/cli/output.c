#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "cli/cli.h"

int
cli_cannot(const struct cli *cli, const struct err *err)
{
	(void)cli;
	fprintf(stderr, "antispam-guide: %s\n", err->text);
	return EXIT_CANNOT;
}

void
cli_print(const struct cli *cli, const struct json *answer)
{
	struct arena *a = arena_new();

	(void)cli;
	fputs(json_print(a, answer), stdout);
	putchar('\n');
	arena_free(a);
}

const char *
cli_text(const struct cli *cli, const char *id, const struct catalog_value *values, size_t count)
{
	return cli->catalog == NULL ? id : catalog_text(cli->catalog, cli->arena, cli->lang,
	    arena_printf(cli->arena, "cli.%s", id), values, count);
}

/* U+200E, U+200F, U+202A..202E, U+2066..2069: they reorder what a terminal shows. */
static bool
is_bidi_mark(const unsigned char *p)
{
	return p[0] == 0xe2 &&
	    ((p[1] == 0x80 && ((p[2] >= 0xaa && p[2] <= 0xae) || p[2] == 0x8e || p[2] == 0x8f)) ||
	    (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));
}

void
cli_say(const struct cli *cli, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	(void)cli;
	for (; *p != '\0'; p++) {
		if (is_bidi_mark(p)) {
			printf("\\u%04x", 0x2000u | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu));
			p += 2;
		} else if (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
			printf("\\x%02x", *++p);		/* C1 controls */
		else if ((*p < 0x20 && *p != '\n' && *p != '\t') || *p == 0x7f)
			printf("\\x%02x", *p);
		else
			putchar(*p);
	}
}

bool
cli_rights(struct cli *cli, bool fresh, struct rights **ret, struct err *err)
{
	struct identity who = { .login = "admin", .role = ROLE_ADMIN, .lang = cli->lang,
	    .session = "cli", .from = "cli", .acting = cli_value(cli, "as") };

	if (!engine_rights(cli->engine, cli->arena, &who, fresh, ret, err))
		return false;
	return who.acting == NULL || rights_knows(*ret, who.acting) ||
	    err_set(err, ERR_NOT_FOUND, "--as: the panel has no user '%.100s'", who.acting);
}

bool
cli_read(const struct cli *cli, const char *path, size_t max_bytes, struct text *ret)
{
	struct err err;

	if (file_read(cli->arena, path, max_bytes, ret, &err))
		return true;
	cli_cannot(cli, &err);
	return false;
}
