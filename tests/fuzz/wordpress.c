/*
 * Files of a site: words lie within the file and come to an end, an honest
 * addition before the end of the code is never lost, and nothing is decided by
 * what stands outside of the code.
 */

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "mail/php_words.h"
#include "mail/wordpress.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char before[] = "<?php eval(base64_decode('x')); ?>";
	struct text file = { (const char *)data, size };
	struct php_words words = php_words(file);
	struct arena *a = arena_new();
	struct wp_marks marks = { NULL };
	const char *version, *package, *sign;
	struct php_word w;
	char *more = arena_alloc(a, sizeof(before) + size);
	size_t count = 0;

	while (php_next(&words, &w)) {
		if (w.text.p < file.p || w.text.p + w.text.n > file.p + file.n || ++count > size)
			abort();
	}
	if (wp_version(a, file, &version, &package) && version == NULL)
		abort();
	wp_auto_update(file);
	wp_field(a, file, "Plugin Name");
	wp_has_code(file);
	wp_sign_of_image(file);
	sign = wp_sign_of_php(a, &marks, file);
	if (sign != NULL && memchr(data, '<', size) == NULL)
		abort();
	memcpy(more, before, sizeof(before) - 1);
	if (size > 0)
		memcpy(more + sizeof(before) - 1, data, size);
	sign = wp_sign_of_php(a, &marks, (struct text){ more, sizeof(before) - 1 + size });
	if (sign == NULL || strcmp(sign, "encoded_loader") != 0)
		abort();
	arena_free(a);
	return 0;
}
