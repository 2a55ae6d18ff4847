#ifndef TESTS_SHIPPED_H
#define TESTS_SHIPPED_H

/* The data as it is shipped (templates/data), for tests and fuzz targets; without it there is nothing to try. */

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "mail/data.h"

static inline struct data_files
shipped_files(struct arena *a)
{
	static const char *const names[] = { "senders", "dns_hosts", "providers", "blacklists", "smtp_codes",
	    "bounce_words", "message_words" };
	const struct yaml *y[7];
	struct err err;

	for (size_t i = 0; i < 7; i++)
		if ((y[i] = yaml_load(a, arena_printf(a, "templates/data/%s.yaml", names[i]), &err)) == NULL) {
			printf("FAIL %s\n", err.text);
			exit(1);
		}
	return (struct data_files){ y[0], y[1], y[2], y[3], y[4], y[5], y[6] };
}

static inline const struct data *
shipped_data(struct arena *a)
{
	struct data_files files = shipped_files(a);
	const struct data *data;
	struct err err;

	if ((data = data_from_yaml(a, &files, &err)) == NULL) {
		printf("FAIL %s\n", err.text);
		exit(1);
	}
	return data;
}

#endif
