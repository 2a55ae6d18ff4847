#include <string.h>

#include "base/code.h"
#include "base/str.h"
#include "web/csrf.h"

static void
mac_of(struct arena *a, struct text identity_key, const struct identity *who,
    unsigned char mac[MAC_BYTES])
{
	const char *parts[] = { who->login, role_name(who->role), who->acting, who->session };
	struct str s = str_in(a, 4096);
	unsigned char key[MAC_BYTES];

	identity_mac(identity_key, TEXT("antispam-guide csrf 1"), key);
	/* Each part with its length, so that no two sets of parts give one text. */
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		str_addf(&s, "%zu:%s;", parts[i] == NULL ? 0 : strlen(parts[i]),
		    parts[i] == NULL ? "" : parts[i]);
	identity_mac((struct text){ (const char *)key, sizeof(key) }, str_text(&s), mac);
}

const char *
csrf_token(struct arena *a, struct text identity_key, const struct identity *who)
{
	unsigned char mac[MAC_BYTES];

	mac_of(a, identity_key, who, mac);
	return base64url_encode(a, (struct text){ (const char *)mac, sizeof(mac) });
}

bool
csrf_ok(struct arena *a, struct text identity_key, const struct identity *who, const char *token)
{
	unsigned char mac[MAC_BYTES];
	struct text given;

	if (token == NULL || strlen(token) > 64 || !base64url_decode(a, text_of(token), &given) ||
	    given.n != MAC_BYTES)
		return false;
	mac_of(a, identity_key, who, mac);
	return identity_mac_eq(mac, (const unsigned char *)given.p, MAC_BYTES);
}

/* "https://host:8443" -> "host"; ports may differ behind a proxy. */
static struct text
host_only(struct text t)
{
	size_t at;

	if (text_find(t, TEXT("://"), &at))
		t = text_skip(t, at + 3);
	if (t.n > 0 && t.p[0] == '[') {
		if (text_find(t, TEXT("]"), &at))
			t = text_head(t, at + 1);
	} else if (text_find(t, TEXT(":"), &at))
		t = text_head(t, at);
	return t;
}

bool
csrf_origin_ok(const char *origin, const char *host)
{
	if (origin == NULL || origin[0] == '\0' || host == NULL || host[0] == '\0')
		return true;
	return text_ieq(host_only(text_of(origin)), host_only(text_of(host)));
}
