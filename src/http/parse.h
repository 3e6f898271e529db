/*
 * parse.h - private to this room: what stands in paths, queries, cookies and header values. Pure:
 * bytes in, views or copies in an arena out; what is not exactly right is refused, never mended.
 *
 * Errors:   ERR_SYNTAX, ERR_ENCODING, ERR_MEMORY.
 */
#ifndef HTTP_PARSE_H
#define HTTP_PARSE_H
#include "http/http.h"

enum { HTTP_QUERY_PAIRS_MAX = 64, HTTP_ETAG_BYTES_MAX = 64 };

/* Percent-decoded, UTF-8, no control bytes, begins with '/', no empty, "." or ".." segment. */
MUST_CHECK enum err http_parse_path(struct str raw, struct arena *a, struct str *ret);
/* The value of a cookie in a Cookie header; {NULL, 0} if it is not there, or there twice. */
struct str http_parse_cookie(struct str header, struct str name);
/* A header's value: UTF-8 without control bytes but tab. */
bool http_parse_value(struct str value);
/* Whether a list such as Accept-Encoding takes `word` ("gzip", or by "*"), with its q above 0. */
bool http_parse_accepts(struct str header, struct str word);
/* Whether If-None-Match names this tag (weakly: W/ counts for nothing), or says "*". */
bool http_parse_names_tag(struct str header, struct str tag);
/* host[:port] in its parts; *ret_literal if the host is an address. False if it is neither. */
bool http_parse_host(struct str header, struct str *ret_host, bool *ret_literal);
/* The last address of an X-Forwarded-For; {NULL, 0} if that is no address. */
struct str http_parse_forwarded(struct str header);
bool http_parse_same(struct str a, struct str b); /* equal but for ASCII case */
#endif
