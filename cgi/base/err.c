#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

bool
err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return false;
	err->code = code;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return false;
}

static const char *const words[] = {
	[ERR_NONE] = "none",
	[ERR_SYNTAX] = "syntax",
	[ERR_VALUE] = "value",
	[ERR_LIMIT] = "limit",
	[ERR_NOT_FOUND] = "not_found",
	[ERR_DENIED] = "denied",
	[ERR_STALE] = "stale",
	[ERR_TIMEOUT] = "timeout",
	[ERR_UNREACHABLE] = "unreachable",
	[ERR_PROTOCOL] = "protocol",
	[ERR_BUSY] = "busy",
	[ERR_IO] = "io",
	[ERR_UNSUPPORTED] = "unsupported",
	[ERR_LICENCE] = "licence",
};

#define COUNT	(sizeof(words) / sizeof(words[0]))

const char *
err_word(enum err_code code)
{
	return (unsigned)code < COUNT ? words[code] : "unknown";
}

bool
err_parse(const char *word, enum err_code *ret)
{
	unsigned i;

	for (i = 0; word != NULL && i < COUNT; i++) {
		if (strcmp(words[i], word) == 0) {
			*ret = (enum err_code)i;
			return true;
		}
	}
	return false;
}
