/*
 * What a mail server sends, as it comes: read in pieces of any size, a reply is found
 * at the same place and says the same; its lines are within it.
 */

#include <stdlib.h>

#include "net/smtp_reply.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text in = { (const char *)data, size }, rest, line;
	enum smtp_reply_state whole, part = SMTP_REPLY_MORE;
	size_t length = 0, part_length = 0, n;
	int code = 0, part_code = 0, lines = 0;

	if (size > 4096)
		return 0;
	whole = smtp_reply_read(in, &code, &length);
	for (n = 0; n <= size && part == SMTP_REPLY_MORE; n++)
		part = smtp_reply_read(text_head(in, n), &part_code, &part_length);
	if (part != whole || part_code != code || part_length != length)
		abort();
	if (whole != SMTP_REPLY_WHOLE)
		return 0;
	if (length == 0 || length > size || data[length - 1] != '\n' || code < 200 || code > 599)
		abort();
	for (rest = text_head(in, length); smtp_reply_line(&rest, &line); lines++) {
		if (line.n > length)
			abort();
	}
	if (lines == 0)
		abort();
	return 0;
}
