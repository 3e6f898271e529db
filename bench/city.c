#include "city.h"

#include <math.h>

#include "base/dice.h"

#include "base/ban.h"

/* ---- the city ---------------------------------------------------------------------------- */

static enum err popularity_make(struct arena *a, uint32_t n, double exponent, double shift,
				struct popularity *ret)
{
	double sum = 0;

	ret->n = n;
	ret->upto = arena_take(a, n, sizeof(*ret->upto));
	if (!ret->upto)
		return ERR_MEMORY;
	for (uint32_t i = 0; i < n; i++) {
		sum += pow(i + 1 + shift, -exponent);
		ret->upto[i] = sum;
	}
	for (uint32_t i = 0; i < n; i++)
		ret->upto[i] /= sum;
	return OK;
}

static uint32_t popularity_draw(const struct popularity *p, struct dice *d)
{
	double u = dice_unit(d);
	uint32_t low = 0, high = p->n - 1;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (p->upto[middle] < u)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A permutation of 0 .. n-1 (Fisher-Yates). */
static uint32_t *shuffled(struct arena *a, uint32_t n, uint64_t seed)
{
	struct dice d = { seed };
	uint32_t *order = arena_take(a, n, sizeof(*order));

	if (!order)
		return NULL;
	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	for (uint32_t left = n; left > 1; left--) {
		uint32_t pick = dice_below(&d, left);
		uint32_t held = order[left - 1];
		order[left - 1] = order[pick];
		order[pick] = held;
	}
	return order;
}

static uint32_t household_size(struct dice *d)
{
	static const double upto[] = { .15, .43, .70, .88, .96 };
	double u = dice_unit(d);
	uint32_t size = 1;

	while (size <= ARRAY_LEN(upto) && u >= upto[size - 1])
		size++;
	return size;
}

static enum err settle_homes(struct city *c, struct arena *a, struct dice *d)
{
	c->home_of = arena_take(a, c->n_persons, sizeof(*c->home_of));
	if (!c->home_of)
		return ERR_MEMORY;
	for (uint32_t i = 0; i < c->n_persons; c->n_homes++) {
		uint32_t size = household_size(d);
		for (; size && i < c->n_persons; size--)
			c->home_of[i++] = c->n_homes;
	}
	return OK;
}

/* Workplaces and schools: sizes log-uniform from 10 to 300 until four in five have a place. */
static enum err found_works(struct city *c, struct arena *a, struct dice *d)
{
	uint32_t wanted = (uint32_t)(c->n_persons * 0.8);

	c->jobs_upto = arena_take(a, wanted / 10 + 16, sizeof(*c->jobs_upto));
	if (!c->jobs_upto)
		return ERR_MEMORY;
	while (c->n_jobs < wanted) {
		c->n_jobs += (uint32_t)(10 * pow(30, dice_unit(d)));
		c->jobs_upto[c->n_works++] = c->n_jobs;
	}
	return OK;
}

static uint32_t at_least(uint32_t least, uint32_t n)
{
	return n < least ? least : n;
}

static void count_sites(struct city *c)
{
	uint32_t persons = c->n_persons;

	c->n_districts = at_least(1, persons / 20000);
	c->n_shops = at_least(c->n_districts, persons / 30 / c->n_districts * c->n_districts);
	c->n_shops_near = c->n_shops / c->n_districts;
	c->n_stops = at_least(4, persons / 400);
	c->n_hospitals = at_least(1, persons / 5000);
	c->first_work = c->n_homes;
	c->first_shop = c->first_work + c->n_works;
	c->first_stop = c->first_shop + c->n_shops;
	c->first_hospital = c->first_stop + c->n_stops;
	c->n_places = c->first_hospital + c->n_hospitals;
}

enum err city_found(struct city *c, struct arena *a)
{
	struct dice d = { c->seed };
	enum err e;

	if ((e = settle_homes(c, a, &d)))
		return e;
	if ((e = found_works(c, a, &d)))
		return e;
	count_sites(c);
	if ((e = popularity_make(a, c->n_shops_near, .85, 10, &c->shop_near)))
		return e;
	if ((e = popularity_make(a, c->n_shops, .85, 20, &c->shop_far)))
		return e;
	if ((e = popularity_make(a, c->n_stops, 1.0, 5, &c->stop)))
		return e;
	if ((e = popularity_make(a, c->n_hospitals, .7, 1, &c->hospital)))
		return e;
	c->person_id = shuffled(a, c->n_persons, c->seed ^ 0x1111);
	c->place_id = shuffled(a, c->n_places, c->seed ^ 0x2222);
	c->far_shop = shuffled(a, c->n_shops, c->seed ^ 0x3333);
	return c->person_id && c->place_id && c->far_shop ? OK : ERR_MEMORY;
}

/* ---- one person's fortnight -------------------------------------------------------------- */

struct life {
	const struct city *city;
	void (*visit)(struct bench_visit v, void *arg);
	void *arg;
	struct dice dice;
	uint32_t person, home, work, district;
	bool works;
	uint32_t home_since, now; /* minutes */
};

static void stay(struct life *l, uint32_t place, uint32_t from, uint32_t to)
{
	l->visit((struct bench_visit){ l->person, place, from, to }, l->arg);
}

/* Be at `place` from now on for some minutes, then need a while to get away. */
static void be_at(struct life *l, uint32_t place, uint32_t minutes, uint32_t way)
{
	stay(l, place, l->now, l->now + minutes);
	l->now += minutes + way;
}

static void leave_home(struct life *l, uint32_t at)
{
	at = at_least(l->home_since + 10, at);
	stay(l, l->home, l->home_since, at);
	l->now = at + 5;
}

static void go_home(struct life *l)
{
	l->now += 5 + dice_below(&l->dice, 16);
	l->home_since = l->now;
}

static uint32_t some_minutes(struct life *l, double mean, uint32_t least, uint32_t most)
{
	double drawn = -log(1 - dice_unit(&l->dice)) * mean;
	uint32_t minutes = least + (uint32_t)drawn;

	return minutes > most ? most : minutes;
}

static uint32_t some_hospital(struct life *l)
{
	const struct city *c = l->city;

	return c->place_id[c->first_hospital + popularity_draw(&c->hospital, &l->dice)];
}

static void maybe_ride(struct life *l, double chance)
{
	const struct city *c = l->city;

	if (!dice_chance(&l->dice, chance))
		return;
	uint32_t minutes = some_minutes(l, 17, 5, 90);
	uint32_t stop = popularity_draw(&c->stop, &l->dice);
	be_at(l, c->place_id[c->first_stop + stop], minutes, 3);
}

/* Seven in ten go to a shop of the own district, the others anywhere in the city. */
static void shop(struct life *l, double mean, uint32_t most)
{
	const struct city *c = l->city;
	uint32_t minutes = some_minutes(l, mean, 6, most);
	uint32_t i_shop;

	if (dice_chance(&l->dice, .7))
		i_shop = l->district * c->n_shops_near + popularity_draw(&c->shop_near, &l->dice);
	else
		i_shop = c->far_shop[popularity_draw(&c->shop_far, &l->dice)];
	be_at(l, c->place_id[c->first_shop + i_shop], minutes, 5);
}

static void ward_stay(struct life *l, uint32_t day_start)
{
	leave_home(l, day_start + 540 + dice_below(&l->dice, 480));
	uint32_t minutes = CITY_DAY * (1 + dice_below(&l->dice, 8));
	minutes += dice_below(&l->dice, 300);
	be_at(l, some_hospital(l), minutes, 0);
	go_home(l);
}

static void clinic_visit(struct life *l, uint32_t day_start)
{
	leave_home(l, day_start + 480 + dice_below(&l->dice, 480));
	maybe_ride(l, .4);
	uint32_t minutes = 30 + dice_below(&l->dice, 150);
	be_at(l, some_hospital(l), minutes, 0);
	maybe_ride(l, .4);
	go_home(l);
}

static void work_day(struct life *l, uint32_t day_start)
{
	struct dice *d = &l->dice;
	uint32_t start = day_start + 420 + dice_below(d, 60);

	start += dice_below(d, 60);
	leave_home(l, start);
	maybe_ride(l, .7);
	uint32_t minutes = 420 + dice_below(d, 60);
	minutes += dice_below(d, 60);
	if (dice_chance(d, .35)) { /* out for lunch */
		uint32_t morning = minutes / 2 - 30 + dice_below(d, 60);
		be_at(l, l->work, morning, 5);
		shop(l, 25, 90);
		be_at(l, l->work, minutes - morning, 5);
	} else {
		be_at(l, l->work, minutes, 5);
	}
	maybe_ride(l, .7);
	for (int errand = 0; errand < 2; errand++) {
		if (dice_chance(d, errand == 0 ? .5 : .2))
			shop(l, 25, 180);
	}
	go_home(l);
	if (dice_chance(d, .3) && l->now < day_start + 1290) {
		leave_home(l, l->now + 30 + dice_below(d, 60));
		shop(l, 40, 180);
		go_home(l);
	}
}

static void free_day(struct life *l, uint32_t day_start)
{
	struct dice *d = &l->dice;
	uint32_t outings = 1;

	if (dice_chance(d, .15))
		return;
	outings += dice_chance(d, .55);
	outings += dice_chance(d, .15);
	uint32_t start = day_start + 480 + dice_below(d, 240);
	for (; outings && start < day_start + 1260; outings--) {
		leave_home(l, start);
		maybe_ride(l, .25);
		shop(l, 35, 240);
		if (dice_chance(d, .3))
			shop(l, 30, 240);
		maybe_ride(l, .25);
		go_home(l);
		start = l->now + 40 + dice_below(d, 240);
	}
}

static void live_day(struct life *l, uint32_t day)
{
	uint32_t day_start = day * CITY_DAY;

	if (l->home_since >= day_start + 1080 || l->now >= day_start + 1080)
		return; /* still away from the days before */
	double fate = dice_unit(&l->dice);
	if (fate < .0015)
		ward_stay(l, day_start);
	else if (fate < .0055)
		clinic_visit(l, day_start);
	else if (l->works && day % 7 < 5 && dice_chance(&l->dice, .95))
		work_day(l, day_start);
	else
		free_day(l, day_start);
}

static uint32_t find_job(const struct city *c, struct dice *d)
{
	uint32_t job = dice_below(d, c->n_jobs);
	uint32_t low = 0, high = c->n_works - 1;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (c->jobs_upto[middle] <= job)
			low = middle + 1;
		else
			high = middle;
	}
	return c->place_id[c->first_work + low];
}

void city_tell(const struct city *c, uint32_t resident,
	       void (*visit)(struct bench_visit v, void *arg), void *arg)
{
	uint64_t stream = (c->seed * 0x9E3779B97F4A7C15u) ^ ((uint64_t)resident << 20) ^ 0xABCDEF;
	struct life l = { .city = c, .visit = visit, .arg = arg, .dice = { stream } };

	dice_next(&l.dice);
	l.person = c->person_id[resident];
	l.home = c->place_id[c->home_of[resident]];
	l.works = dice_chance(&l.dice, .8);
	if (l.works)
		l.work = find_job(c, &l.dice);
	l.district = (uint32_t)((uint64_t)resident * c->n_districts / c->n_persons);
	for (uint32_t day = 0; day < CITY_DAYS; day++)
		live_day(&l, day);
	stay(&l, l.home, l.home_since, CITY_END);
}
