#include "net/smtp.h"

#include <stdlib.h>

struct smtp {
	struct loop	*loop;
	uint64_t	 sent;
};

struct smtp *
smtp_new(struct loop *loop, const char *tls_ca_file, bool allow_private, struct err *err)
{
	struct smtp *smtp = calloc(1, sizeof(*smtp));

	(void)tls_ca_file;
	(void)allow_private;
	(void)err;
	if (smtp == NULL)
		abort();
	smtp->loop = loop;
	return smtp;
}

void
smtp_free(struct smtp *smtp)
{
	free(smtp);
}

bool
smtp_greet(struct smtp *smtp, struct arena *a, const struct request_smtp *request, smtp_fn done,
    void *ctx, struct err *err)
{
	(void)smtp;
	(void)a;
	(void)request;
	(void)done;
	(void)ctx;
	return err_set(err, ERR_UNSUPPORTED, "greeting mail servers is not built in");
}

uint64_t
smtp_sent(const struct smtp *smtp)
{
	return smtp->sent;
}
