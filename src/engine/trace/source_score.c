/* source_score.c - how unlikely it is that so many of the cases were in one place. */
#include <math.h>
#include "engine/trace/source.h"
#include "base/ban.h"

/* A score is rounded to a millionth: equal chances are equal whatever order they were summed in. */
#define STEPS 1e6

/* ln C(k, x) M^(x) (N-M)^(k-x) / N^(k), falling powers: x marked in k draws, M of N marked. */
static double log_chance(double n, double m, double k, double x)
{
	double sum = 0;

	for (double i = 0; i < x; i++)
		sum += log((k - i) / (i + 1) * ((m - i) / (n - i)));
	for (double i = 0; i < k - x; i++)
		sum += log((n - m - i) / (n - x - i));
	return sum;
}

double trace_source_score(uint64_t population, uint64_t attendees, uint64_t cases, uint64_t there)
{
	/* Marked and drawn may change places: the fewer are drawn, for a short sum. */
	uint64_t fewer = cases < attendees ? cases : attendees;
	double n = (double)population, k = (double)fewer, x = (double)there;
	double m = (double)(cases < attendees ? attendees : cases);
	double term = 1, sum = 1, tail, any = 0;

	if (there < 2 || there > fewer || n < m || n - m < k - x)
		return 0; /* no sharing, or so many that this number is certain */
	tail = log_chance(n, m, k, x);
	for (double i = x; i < k && term > sum * 1e-17 && sum < 1e290; i++) {
		term *= (k - i) * (m - i) / ((i + 1) * (n - m - k + i + 1));
		sum += term;
	}
	tail += log(sum);
	if (n - m >= k)
		any = log(-expm1(log_chance(n, m, k, 0)));
	return tail < any ? round((any - tail) / log(10) * STEPS) / STEPS : 0;
}
