/* Delivery status fields and answers in words: what is found lies in the text. */

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "mail/arf.h"
#include "mail/bounce_answer.h"
#include "mail/dsn.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena		*a = arena_new();
	struct text		 t = { (const char *)data, size }, answer;
	const struct dsn	*d = dsn_parse(a, t);

	assert(d->count <= DSN_RECIPIENTS_MAX);
	for (size_t i = 0; i < d->count; i++) {
		assert(d->recipients[i].named);
		if (d->recipients[i].status.p != NULL) {
			const char	*s = status_of_field(a, d->recipients[i].status);

			assert(s == NULL || strlen(s) <= 9);
		}
		if (d->recipients[i].remote_mta.p != NULL)
			(void)dsn_mta(a, d->recipients[i].remote_mta);
	}
	if (answer_find(t, &answer)) {
		assert(answer.p >= t.p && answer.p + answer.n <= t.p + t.n);
		assert(answer_code(answer) >= 400 && answer_code(answer) < 600);
		assert(answer_join(a, answer, 100).n <= 100);
		(void)answer_status(a, answer);
	}
	(void)answer_mta(a, t);
	assert(arf_parse(a, t)->type != NULL);
	arena_free(a);
	return 0;
}
