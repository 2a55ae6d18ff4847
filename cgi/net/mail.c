#include "net/mail.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define LIMIT_MS	10000L

static size_t
read_message(char *p, size_t one, size_t n, void *ctx)
{
	struct text *left = ctx;

	n = n * one < left->n ? n * one : left->n;
	memcpy(p, left->p, n);
	*left = text_skip(*left, n);
	return n;
}

bool
mail_send(struct endpoint server, const char *from, const char *to, struct text message, struct err *err)
{
	struct arena *a = arena_new();
	CURL *curl = curl_easy_init();
	struct curl_slist *recipients = curl_slist_append(NULL, arena_printf(a, "<%s>", to));
	CURLcode result;
	long code = 0;

	if (curl == NULL || recipients == NULL)
		abort();
	curl_easy_setopt(curl, CURLOPT_URL, arena_printf(a, "smtp://%s", endpoint_str(a, server)));
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp");
#else
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS, CURLPROTO_SMTP);
#endif
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, LIMIT_MS);
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, arena_printf(a, "<%s>", from));
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_message);
	curl_easy_setopt(curl, CURLOPT_READDATA, &message);
	result = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
	curl_easy_cleanup(curl);
	curl_slist_free_all(recipients);
	if (result != CURLE_OK)
		err_set(err, code >= 500 ? ERR_VALUE : code >= 400 ? ERR_BUSY : result == CURLE_OPERATION_TIMEDOUT ?
		    ERR_TIMEOUT : ERR_UNREACHABLE, "%s: %s (%ld)", to, curl_easy_strerror(result), code);
	arena_free(a);
	return result == CURLE_OK;
}
