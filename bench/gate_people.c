/* gate_people.c - people kept in the vault, and report cards of more of them through the gate. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crowd.h"
#include "gate.h"
#include "serve/house.h"
#include "vault/vault.h"

#include "base/ban.h"

enum { LOT = 20000, BATCH = 10000, CALL_MS = 600000, NS = 1000000000 };

void gate_people_known(struct gate *g)
{
	CLEANUP(house_end) struct house *h = NULL;
	CLEANUP(vault_end) struct vault *v = NULL;
	struct crowd_person *p = mem_take(LOT, sizeof *p);
	struct vault_row *row = mem_take(LOT, sizeof *row);
	struct vault_staged_row *ret = mem_take(LOT, sizeof *ret);

	gate_check(g, p && row && ret ? OK : ERR_MEMORY, "memory");
	gate_check(g, house_open(g->served.dir, &h, &g->f), "the house");
	gate_check(g, house_vault(h, clock_wall, &g->f), "the vault");
	gate_check(g, vault_connect(&(struct vault_options){ g->served.dir, CALL_MS }, &v), "it");
	for (uint64_t at = 0; at < g->known; at += LOT) {
		size_t n = min_size(g->known - at, LOT);

		for (size_t i = 0; i < n; i++) {
			crowd_person(at + i, &p[i]);
			row[i] = (struct vault_row){ .row = (int64_t)(at + i) };
			row[i].who.text[VAULT_NAME] = str_of(p[i].name);
			row[i].who.text[VAULT_ID_NUMBER] = str_of(p[i].id_number);
			row[i].who.text[VAULT_PHONE] = str_of(p[i].phone);
			row[i].who.text[VAULT_ADDRESS] = str_of(p[i].address);
		}
		gate_check(g, vault_stage(v, 1, row, n, ret, &g->f), "known people");
	}
	gate_check(g, vault_keep(v, 1, &g->f), "known people");
	mem_drop(p);
	mem_drop(row);
	mem_drop(ret);
}

void gate_people_push(struct gate *g)
{
	struct buf body = { 0 };
	struct asker a;
	char feed[40], target[100];
	uint64_t linked = 0;
	int64_t took = 0;
	double cpu;

	gate_feed(g, "notification", feed);
	(void)snprintf(target, sizeof target, "/api/v1/feeds/%s/batches", feed);
	asker_begin(&a, &g->served, SERVED_LEAD);
	cpu = served_cpu_s(&g->served);
	for (uint64_t at = 0; at < g->fresh; at += BATCH) {
		int64_t t0;

		buf_clear(&body);
		buf_lit(&body, "name,id_number,phone,address,source_id,classification\n");
		for (uint64_t i = at; i < min_size(at + BATCH, g->fresh); i++) {
			struct crowd_person p;

			crowd_person(i % 10 ? g->known + i : i % g->known, &p);
			buf_fmt(&body, "%s,%s,%s,%s,card-%llu,suspected\n", p.name, p.id_number,
				p.phone, p.address, (unsigned long long)i);
		}
		gate_check(g, body.failed, "memory");
		t0 = measure_now_ns();
		(void)asker_ask(&a, "POST", target, buf_view(&body));
		took += measure_now_ns() - t0;
		linked += strtoull(asker_value(&a, "linked").p, NULL, 10);
	}
	asker_end(&a);
	buf_release(&body);
	figure_count("gate", "people_known", g->known);
	figure_count("gate", "people_brought", g->fresh);
	figure_count("gate", "people_linked", linked);
	figure_real("gate", "people_s", (double)took / NS);
	figure_real("gate", "people_cpu_s", served_cpu_s(&g->served) - cpu);
	(void)fflush(stdout);
}
