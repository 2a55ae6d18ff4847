#ifndef NET_HTTP_EASY_H
#define NET_HTTP_EASY_H

/*
 * One attempt at one request as a handle of libcurl: all options stand here,
 * and none anywhere else.
 */

#include <curl/curl.h>

#include "base/arena.h"
#include "base/request.h"
#include "net/http_site.h"

struct http_easy {
	CURL			*curl;		/* NULL = there is none */
	struct curl_slist	*headers, *resolve, *connect_to;
	char			 error[CURL_ERROR_SIZE];
};

/* What differs from call to call.  All of it must outlive the attempt. */
struct http_attempt {
	const struct request_http	*request;
	struct text			 body;		/* with its secrets */
	const struct http_url		*public;	/* and the addresses that may be asked */
	const struct ip			*addresses;
	size_t				 address_count;
	uint32_t			 left_ms;
	size_t				 max_bytes;
	void				*ctx;		/* of the two calls, and CURLOPT_PRIVATE */
	curl_write_callback		 on_body;
	curl_opensocket_callback	 on_open;
};

void	http_easy_make(struct http_easy *, struct arena *, const struct http_site *,
	    const struct http_attempt *);
/* After it has been taken out of its multi handle. */
void	http_easy_clear(struct http_easy *);

#endif
