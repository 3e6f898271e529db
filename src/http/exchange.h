/* exchange.h - private to this room: what libmicrohttpd calls for a request. */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H
#include "http/inside.h"

void *http_exchange_new(void *h, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result http_exchange_step(void *h, struct MHD_Connection *mhd, const char *url,
				   const char *method, const char *version, const char *data,
				   size_t *n, void **ptr);
void http_exchange_done(void *h, struct MHD_Connection *mhd, void **ptr,
			enum MHD_RequestTerminationCode why);
#endif
