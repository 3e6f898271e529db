/*
 * notify.h - notices in a house at work: the channels that its settings name, the clock that finds
 * what must be told, and the open pages that hear of it.
 *
 * Life:     notify_declare before the routes are joined -> notify_begin when the port is open ->
 *           notify_tick each second -> notify_end, before the database closes.
 */
#ifndef SERVE_NOTIFY_H
#define SERVE_NOTIFY_H
#include "http/stream.h"
#include "serve/serve.h"

/* Hold the settings and their files against what channels want; nothing is connected. */
MUST_CHECK enum err notify_declare(struct serve *s, struct fault *f);
MUST_CHECK enum err notify_begin(struct serve *s, struct fault *f);
MUST_CHECK enum err notify_tick(struct serve *s, struct utc_s now, struct fault *f);
void notify_end(struct serve *s);

/* What `live` asks: is this event a notice, and this account's? */
#define NOTIFY_EVENT "notice"
static inline bool notify_is_for(const struct http_event *ev, int64_t account)
{
	return ev->key == -account; /* no area has a number below 0 */
}
#endif
