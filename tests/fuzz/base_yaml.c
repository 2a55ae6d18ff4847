/* YAML: no file makes the reader fall, and a refusal says why. */

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/yaml.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
walk(const struct yaml *y, int depth)
{
	static const char *const known[] = { "name", "url", NULL };
	const struct yaml *c;
	struct err err;
	size_t n = 1, children = 0;
	int64_t i;
	bool b;

	assert(depth <= YAML_DEPTH_MAX && y->line >= 1 && y->column >= 1);
	(void)yaml_known_keys(y, known, &err);
	(void)yaml_bool(y, &b, &err);
	(void)yaml_int(y, -5, 5, &i, &err);
	(void)yaml_is_null(y);
	for (c = y->first; c != NULL; c = c->next, children++) {
		assert((y->kind == YAML_MAP) == (c->key != NULL));
		n += walk(c, depth + 1);
	}
	assert(children == y->count && (y->kind == YAML_SCALAR) == (y->value != NULL));
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct yaml *y;
	struct err err = { 0 };

	y = yaml_parse(a, (struct text){ (const char *)data, size }, "f.yaml", &err);
	if (y == NULL)
		assert(strncmp(err.text, "f.yaml:", 7) == 0);
	else
		assert(walk(y, 0) <= YAML_NODES_MAX);
	arena_free(a);
	return 0;
}
