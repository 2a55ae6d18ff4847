/*
 * The data of mail servers' answers: any file is read or refused with its
 * place, what was read classifies answers; and any answer by the shipped data.
 */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "mail/bounce_answer.h"
#include "mail/bounce_class.h"
#include "shipped.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct yaml *
parse(struct arena *a, const char *text)
{
	struct err		 err;
	const struct yaml	*y = yaml_parse(a, text_of(text), "small.yaml", &err);

	if (y == NULL)
		abort();
	return y;
}

/* The shipped trees, and next to none beside the codes: they are not what is tried here. */
static void
load(const struct data **shipped, struct data_files *small)
{
	struct arena		*a = arena_new();	/* lives as long as the process */
	struct data_files	 files = shipped_files(a);
	struct err		 err;

	*shipped = data_from_yaml(a, &files, &err);
	if (*shipped == NULL) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	*small = (struct data_files){ .senders = parse(a, "[]"), .dns_hosts = parse(a, "[]"),
	    .providers = parse(a, "[{id: gmail, name: Gmail, domains: [gmail.com]}]"),
	    .blacklists = parse(a, "[]"), .bounce_words = files.bounce_words };
}

static void
classify(struct arena *a, const struct data *d, struct text words)
{
	struct bounce_recipient	r = { .address = TEXT("bob@gmail.com"), .action = DSN_FAILED,
				    .diagnostic = answer_join(a, words, 2000) };

	r.smtp_code = answer_code(r.diagnostic);
	r.status = answer_status(a, r.diagnostic);
	bounce_classify(bounce_classes_new(a, d), "mx.example.net", &r);
	assert(r.category != NULL && r.steps != NULL && r.address_count <= BOUNCE_ADDRESSES_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const struct data	*shipped;
	static struct data_files	 small;
	struct arena			*a = arena_new();
	struct text			 t = { (const char *)bytes, size };
	struct data_files		 f;
	const struct data		*d;
	struct err			 err = { 0 };

	if (shipped == NULL)
		load(&shipped, &small);
	classify(a, shipped, t);
	f = small;
	f.smtp_codes = yaml_parse(a, t, "codes.yaml", &err);
	if (f.smtp_codes != NULL && (d = data_from_yaml(a, &f, &err)) != NULL) {
		classify(a, d, TEXT("550-5.1.1 The email account that you tried to reach\r\n550 5.1.1 does not exist"));
		classify(a, d, TEXT("421 4.7.0 try again later"));
		classify(a, d, TEXT("no such mailbox"));
	} else
		assert(strncmp(err.text, "codes.yaml:", 11) == 0);
	arena_free(a);
	return 0;
}
