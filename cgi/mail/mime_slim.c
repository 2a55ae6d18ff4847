#include "mail/mime_slim.h"

#include <string.h>

#include "base/arena.h"

struct slim {
	char	*p;
	size_t	 n;
	size_t	 seen;			/* bytes that came in */
	size_t	 since;			/* bytes since the last delimiter */
	size_t	 line;			/* where the line being read began in p */
	bool	 dropping;		/* the rest of this line is dropped */
	bool	 cut;
};

struct slim *
slim_new(struct arena *a)
{
	struct slim	*s = arena_zalloc(a, sizeof(*s));

	s->p = arena_alloc(a, SLIM_MAX + 1);	/* pages that are not used cost nothing */
	return s;
}

static bool
is_base64_line(struct text line)
{
	if (line.n < 56)
		return false;
	for (size_t i = 0; i < line.n; i++)
		if (!ascii_isalnum((unsigned char)line.p[i]) && strchr("+/=\r\n", line.p[i]) == NULL)
			return false;
	return true;
}

/* A line is complete: may it stay? */
static void
end_line(struct slim *s)
{
	struct text	line = { s->p + s->line, s->n - s->line };

	if (line.n > 2 && line.p[0] == '-' && line.p[1] == '-')
		s->since = 0;
	else if (s->seen > SLIM_WHOLE && s->since > SLIM_PART &&
	    (is_base64_line(line) || s->n > SLIM_MAX - 2 * SLIM_WHOLE)) {
		s->n = s->line;
		s->cut = true;
	}
	s->line = s->n;
	s->dropping = false;
}

void
slim_add(struct slim *s, struct text chunk)
{
	while (chunk.n > 0) {
		const char	*end = memchr(chunk.p, '\n', chunk.n);
		size_t		 n = end == NULL ? chunk.n : (size_t)(end - chunk.p) + 1;
		size_t		 room = SLIM_MAX - s->n;

		s->seen += n;
		s->since += n;
		if (s->dropping || n > room) {
			s->cut = true;
			s->dropping = true;
		} else {
			memcpy(s->p + s->n, chunk.p, n);
			s->n += n;
		}
		chunk = text_skip(chunk, n);
		if (end != NULL)
			end_line(s);
	}
}

struct text
slim_end(struct slim *s, bool *cut)
{
	*cut = s->cut;
	s->p[s->n] = '\0';
	return (struct text){ s->p, s->n };
}
