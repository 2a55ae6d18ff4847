#include "net/secret.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct secret {
	struct secret	*next;
	char		*ref, *value;
	size_t		 n;
};

struct secrets {
	struct secret	*first;
};

struct secrets *
secrets_new(void)
{
	struct secrets *all = calloc(1, sizeof(*all));

	if (all == NULL)
		abort();
	return all;
}

static void
secret_free(struct secret *s)
{
	explicit_bzero(s->value, s->n);
	free(s->value);
	free(s->ref);
	free(s);
}

void
secrets_free(struct secrets *all)
{
	struct secret *s;

	if (all == NULL)
		return;
	while ((s = all->first) != NULL) {
		all->first = s->next;
		secret_free(s);
	}
	free(all);
}

void
secret_put(struct secrets *all, const char *ref, struct text value)
{
	struct secret *s = calloc(1, sizeof(*s));

	secret_drop(all, ref);
	if (s == NULL || (s->ref = strdup(ref)) == NULL ||
	    (s->value = malloc(value.n + 1)) == NULL)
		abort();
	memcpy(s->value, value.n > 0 ? value.p : "", value.n);
	s->n = value.n;
	s->next = all->first;
	all->first = s;
}

void
secret_drop(struct secrets *all, const char *ref)
{
	struct secret *s, **at;

	for (at = &all->first; (s = *at) != NULL; at = &s->next) {
		if (strcmp(s->ref, ref) == 0) {
			*at = s->next;
			secret_free(s);
			return;
		}
	}
}

bool
secret_get(const struct secrets *all, const char *ref, struct text *ret)
{
	const struct secret *s;

	for (s = all->first; s != NULL; s = s->next) {
		if (strcmp(s->ref, ref) == 0) {
			*ret = (struct text){ s->value, s->n };
			return true;
		}
	}
	return false;
}

struct text
secret_random(char buf[SECRET_RANDOM_MAX])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	if (getrandom(buf, SECRET_RANDOM_MAX, 0) != SECRET_RANDOM_MAX)
		abort();
	for (size_t i = 0; i < SECRET_RANDOM_MAX; i++)
		buf[i] = letters[(unsigned char)buf[i] % (sizeof(letters) - 1)];
	return (struct text){ buf, SECRET_RANDOM_MAX };
}
