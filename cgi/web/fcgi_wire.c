/* FastCGI 1.0 records, only as far as to know whether a request is complete. */

#include "web/fcgi.h"

enum record { BEGIN_REQUEST = 1, ABORT_REQUEST = 2, PARAMS = 4, STDIN = 5, MANAGEMENT = 9 };

#define HEADER_BYTES	8

/*
 * `room` is how much could be there: a body that does not fit is handed over
 * when the room is full, since fcgi2 reads the rest under a time-out.
 */
enum fcgi_progress
fcgi_progress(const uint8_t *p, size_t n, size_t room)
{
	bool begun = false, params_done = false;
	size_t at = 0, params = 0;

	while (n - at >= HEADER_BYTES) {
		const uint8_t *h = p + at;
		size_t length = (size_t)h[4] << 8 | h[5], whole = HEADER_BYTES + length + h[6];

		if (h[0] != 1)
			return FCGI_BROKEN;
		if (!begun && h[1] != BEGIN_REQUEST && h[1] != MANAGEMENT)
			return FCGI_BROKEN;
		switch (h[1]) {
		case BEGIN_REQUEST:
			if (begun || length != 8)
				return FCGI_BROKEN;
			begun = true;
			break;
		case ABORT_REQUEST:
			return FCGI_BROKEN;
		case PARAMS:
			params += length;
			if (params > FCGI_PARAMS_MAX || params_done)
				return FCGI_BROKEN;
			params_done = length == 0;
			break;
		case STDIN:
			if (!params_done)
				return FCGI_BROKEN;
			if (length == 0 && n - at >= whole)
				return FCGI_READY;
			break;
		default:		/* fcgi2 answers what it does not know */
			break;
		}
		if (whole > n - at)
			break;
		at += whole;
	}
	if (n >= room)
		return params_done ? FCGI_READY : FCGI_BROKEN;
	return FCGI_INCOMPLETE;
}
