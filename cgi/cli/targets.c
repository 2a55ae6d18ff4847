#include "cli/targets.h"

#include <string.h>

#include "base/arena.h"
#include "base/map.h"

#define NAMES_FILE_MAX	(64u * 1024 * 1024)

static void
add(struct cli *cli, struct targets *t, const char *name)
{
	if (t->count == t->size) {
		size_t size = t->size == 0 ? 64 : t->size * 2;

		t->list = arena_grow(cli->arena, t->list, t->size, size, sizeof(*t->list));
		t->size = size;
	}
	t->list[t->count++] = name;
}

int
target_valid(const struct cli *cli, const char *text)
{
	struct name name;
	struct err err;

	return name_from_person(cli->arena, text_of(text), &name, &err) ? -1 :
	    cli_usage(cli, "%s", err.text);
}

int
targets_valid(const struct cli *cli)
{
	size_t i;
	int status;

	for (i = 0; i < cli->operand_count; i++)
		if ((status = target_valid(cli, cli->operands[i])) != -1)
			return status;
	return -1;
}

/* A domain is asked for once, however often and in whatever spelling it was named.  false: it is there already. */
static bool
is_new(struct map *seen, const char *ascii)
{
	if (map_get(seen, ascii) != NULL)
		return false;
	map_put(seen, ascii, seen);
	return true;
}

static int
from_file(struct cli *cli, const char *path, struct targets *t, struct arena *scratch, struct map *seen)
{
	struct text all, line;
	struct name name;
	struct err err;
	size_t n = 0;

	if (!cli_read(cli, path, NAMES_FILE_MAX, &all))
		return EXIT_CANNOT;
	if (text_starts(all, "\xef\xbb\xbf"))		/* an editor's mark of UTF-8 */
		all = text_skip(all, 3);
	while (text_line(&all, &line)) {
		line = text_trim(line);
		n++;
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (!name_from_person(scratch, line, &name, &err))
			return cli_usage(cli, "line %zu of %s: %s", n, path, err.text);
		if (is_new(seen, name.s))
			add(cli, t, text_cstr(cli->arena, line));
	}
	return -1;
}

static int
gather(struct cli *cli, const struct rights *rights, struct targets *t, struct arena *scratch)
{
	const char *from = cli_value(cli, "from"), *owner = cli_value(cli, "owner");
	struct map *seen = map_new(scratch);
	struct name name;
	struct err err;
	size_t i;
	int status;

	/* The operands of `check` are domains, those of `fix bulk` are not. */
	for (i = 0; strncmp(cli->command->words, "fix ", 4) != 0 && i < cli->operand_count; i++)
		if (name_from_person(scratch, text_of(cli->operands[i]), &name, &err) && is_new(seen, name.s))
			add(cli, t, cli->operands[i]);
	if (from != NULL && (status = from_file(cli, from, t, scratch, seen)) != -1)
		return status;
	if (!cli_flag(cli, "all") && owner == NULL)
		return -1;
	if (owner != NULL && !rights_knows(rights, owner)) {
		err_set(&err, ERR_NOT_FOUND, "--owner: the panel has no user '%.100s'", owner);
		return cli_cannot(cli, &err);
	}
	for (i = 0; i < rights_count(rights); i++)
		if ((owner == NULL || rights_owned_by(rights, i, owner)) && is_new(seen, rights_at(rights, i)))
			add(cli, t, rights_at(rights, i));
	return -1;
}

int
targets_gather(struct cli *cli, const struct rights *rights, struct targets *t)
{
	struct arena *scratch = arena_new();
	int status = gather(cli, rights, t, scratch);

	arena_free(scratch);
	return status;
}
