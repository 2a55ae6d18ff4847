#include "net/smtp_reply.h"

enum smtp_reply_state
smtp_reply_read(struct text in, int *ret_code, size_t *length)
{
	size_t at = 0, start, n;
	int code, first = 0;

	for (;;) {
		for (start = at; at < in.n && in.p[at] != '\n'; at++)
			;
		n = at - start;
		/* What is there of a line must look like one already. */
		if ((n > 0 && !ascii_isdigit((unsigned char)in.p[start])) ||
		    (n > 1 && !ascii_isdigit((unsigned char)in.p[start + 1])) ||
		    (n > 2 && !ascii_isdigit((unsigned char)in.p[start + 2])) ||
		    (n > 3 && in.p[start + 3] != ' ' && in.p[start + 3] != '-' &&
		    in.p[start + 3] != '\r'))
			return SMTP_REPLY_NONSENSE;
		if (at == in.n)
			return SMTP_REPLY_MORE;
		at++;
		if (n < 3)
			return SMTP_REPLY_NONSENSE;
		code = (in.p[start] - '0') * 100 + (in.p[start + 1] - '0') * 10 +
		    (in.p[start + 2] - '0');
		if (code < 200 || code > 599 || (first != 0 && code != first))
			return SMTP_REPLY_NONSENSE;
		first = code;
		if (n == 3 || in.p[start + 3] != '-') {
			*ret_code = code;
			*length = at;
			return SMTP_REPLY_WHOLE;
		}
	}
}

bool
smtp_reply_line(struct text *rest, struct text *line)
{
	if (!text_line(rest, line))
		return false;
	*line = text_skip(*line, 4);
	return true;
}
