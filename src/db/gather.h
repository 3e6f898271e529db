/*
 * gather.h - rows that are held until many of them go at once. No other room includes it.
 *
 * Held are single rows that come by tx_later. They belong to the transaction at hand: whatever ends
 * it lets them go or forgets them.
 *
 * Memory:   a row is copied when it is held; the room for it stays with the connection.
 */
#ifndef DB_GATHER_H
#define DB_GATHER_H
#include "db/inside.h"

enum { GATHER_ROWS = 32 };
/* *ret: it is held, else it must be sent. */
enum err gather_hold(struct tx *tx, struct prepared *p, struct sql_args args, uint64_t must,
		     bool *ret, struct fault *f);
/* What is held of tables that this statement names goes first; NULL: all of it goes. */
enum err gathers_let_go(struct tx *tx, const struct sql *for_this, struct fault *f);
void gathers_forget(struct conn *c);
void gathers_end(struct conn *c);

/* tx.c: sent now, whatever it is. */
enum err tx_now(struct tx *tx, const struct sql *sql, struct sql_args args, uint64_t must,
		struct fault *f);

#endif
