/* conn.h - private to this room: connections, their deadlines, and who enforces them. */
#ifndef HTTP_CONN_H
#define HTTP_CONN_H
#include "http/inside.h"

void http_conn_notice(void *h, struct MHD_Connection *mhd, void **ptr,
		      enum MHD_ConnectionNotificationCode what);
MUST_CHECK enum err http_reaper_open(struct http *h);
void http_reaper_close(struct http *h);
#endif
