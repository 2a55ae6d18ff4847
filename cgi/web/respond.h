#ifndef WEB_RESPOND_H
#define WEB_RESPOND_H

/* From a response to the bytes of a CGI answer, with the headers that every answer has. */

#include "web/page.h"

void	respond_write(struct arena *, const struct response *, bool head_only, struct fcgi_answer *ret);

#endif
