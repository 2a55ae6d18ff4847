#ifndef BASE_CODE_H
#define BASE_CODE_H

/* Base64 and hexadecimal.  Decoders are strict unless said otherwise. */

#include <stdbool.h>

#include "base/text.h"

const char	*base64_encode(struct arena *, struct text);		/* with padding */
const char	*base64url_encode(struct arena *, struct text);		/* without */
bool		 base64_decode(struct arena *, struct text, struct text *ret);
/* RFC 6376 2.10: white space anywhere is ignored; padding must be right. */
bool		 base64_decode_fws(struct arena *, struct text, struct text *ret);
bool		 base64url_decode(struct arena *, struct text, struct text *ret);
const char	*hex_encode(struct arena *, struct text);		/* lower case */
bool		 hex_decode(struct arena *, struct text, struct text *ret);

#endif
