// duckdb.mjs - the same questions put to DuckDB, in process: the visits twice, each table sorted
// for one of the two ways in.
//
//     node duckdb.mjs DATABASE PREFIX [--second N] [--passes N]
//
// DATABASE must not exist. Loads PREFIX.visits.csv, then prints lines as bench/measure.h says.
// Threads are DuckDB's own choice: all cores. What was tried and was no faster: narrowing by the
// place's longest visit, asking for the case's stays first, smaller row groups (bench/README.md).
import { readFileSync, statSync } from 'node:fs';
import { DuckDBInstance, version } from '@duckdb/node-api';

const CASES = 1000;
const EPOCH_S = 1625068800;
const MINUTE_S = 60;
const SECOND_COUNTS = [20, 50, 100];

const print = (name, value) => console.log(`figure\tduckdb\t${name}\t${value}`);
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

// ---- statements -----------------------------------------------------------------------------

const stays = (since, until) => `
	greatest(x.from_s, ${since}) as a, least(x.to_s, ${until}) as b`;
const staysIn = (since, until) => `
	x.from_s <= ${until} - 900 and x.to_s >= ${since} + 900
	and least(x.to_s, ${until}) - greatest(x.from_s, ${since}) >= 900`;
const meets = `
	join by_place u on u.place = v.place
	and u.from_s <= v.b - 900 and u.to_s >= v.a + 900 and u.to_s - u.from_s >= 900`;
const total = 'sum(least(v.b, u.to_s) - greatest(v.a, u.from_s))::integer';
const first = 'min(greatest(v.a, u.from_s))';
const last = 'max(least(v.b, u.to_s))';
const ownStays = `(select x.place, ${stays('$2', '$3')} from by_person x
	where x.person = $1 and ${staysIn('$2', '$3')}) v`;

const sqlFirst = `
	select u.person, ${total}, ${first}, ${last}
	from ${ownStays} ${meets}
	where u.person <> $1 group by u.person`;

const sqlSecond = `
	with g as materialized (
		select u.person, ${first} as since from ${ownStays} ${meets}
		where u.person <> $1 group by u.person)
	select u.person, ${total}, ${first}
	from (select x.place, ${stays('g.since', '$3')} from g join by_person x
		on x.person = g.person and ${staysIn('g.since', '$3')}) v ${meets}
	where u.person <> $1 and u.person not in (select person from g) group by u.person`;

const sqlBatch = `
	select u.person, ${total}, ${first}, ${last}, v.number
	from (select c.number, c.person, x.place, ${stays('c.since', 'c.until')}
		from cases c join by_person x
		on x.person = c.person and ${staysIn('c.since', 'c.until')}) v ${meets}
	where u.person <> v.person group by v.number, u.person`;

// ---- data -----------------------------------------------------------------------------------

function readCases(prefix) {
	const lines = readFileSync(`${prefix}.q`, 'utf8').trim().split('\n');
	return lines.slice(0, CASES).map((line) => {
		const [person, from, to] = line.split(' ').map(Number);
		return [person, EPOCH_S + from * MINUTE_S, EPOCH_S + to * MINUTE_S];
	});
}

async function load(db, prefix, path, nVisits) {
	const start = nowMs();
	await db.run(`create temp table staged as
		select person, place, "from" as from_s, "to" as to_s
		from read_csv('${prefix}.visits.csv', header = true, columns = {
			'person': 'INTEGER', 'place': 'INTEGER',
			'from': 'INTEGER', 'to': 'INTEGER'})`);
	await db.run(`create table by_place as
		select place, from_s, to_s, person from staged order by place, from_s`);
	await db.run(`create table by_person as
		select person, from_s, to_s, place from staged order by person, from_s`);
	await db.run('checkpoint');
	print('csv_to_queryable_s', ((nowMs() - start) / 1e3).toFixed(3));
	await db.run('drop table staged');
	print('bytes_a_visit', (statSync(path).size / nVisits).toFixed(2));
}

async function nameCases(db, cases) {
	const rows = cases.map((c, i) => `(${[i, ...c].join(', ')})`);
	await db.run(`create temp table cases as
		select * from (values ${rows.join(', ')}) t(number, person, since, until)`);
}

// ---- asking ---------------------------------------------------------------------------------

async function ask(statement, values) {
	values.forEach((v, i) => statement.bindInteger(i + 1, v));
	const result = await statement.run();
	return result.fetchAllChunks();
}

function tallyNew() {
	return { rows: 0, hash: 0, total: 0, first: 0, last: 0 };
}

function tallyAdd(t, person, total, first, last) {
	let x = Math.imul(person, 0x9e3779b1);
	x ^= Math.imul(total + 1, 0x85ebca77);
	x ^= Math.imul(first + 1, 0xc2b2ae3d);
	x ^= Math.imul(last + 1, 0x27d4eb2f);
	x ^= x >>> 15;
	t.hash = (t.hash + Math.imul(x, 0x2c1b3c6d)) | 0;
	t.rows += 1;
	t.total += total;
	t.first += first;
	t.last += last;
}

// Add the rows of an answer; the second generation has no column for the last exposure.
function tallyChunks(t, chunks, second) {
	const minute = (s) => (s - EPOCH_S) / MINUTE_S;
	for (const chunk of chunks) {
		const [person, total, first, last] = chunk.getColumns();
		for (let i = 0; i < chunk.rowCount; i++)
			tallyAdd(t, person[i], total[i] / MINUTE_S, minute(first[i]),
				second ? 0 : minute(last[i]));
	}
}

function printTally(which, t) {
	const hash = (t.hash >>> 0).toString(16).padStart(8, '0');
	print(`${which}_rows`, t.rows);
	print(`${which}_check`, `${hash} ${t.total} ${t.first} ${t.last}`);
}

// ---- measuring ------------------------------------------------------------------------------

const byValue = (a, b) => a - b;
const median = (values) => values.slice().sort(byValue)[values.length >> 1];

function printSpread(which, ms, unitMs) {
	const sorted = ms.slice().sort(byValue);
	const at = (share) => sorted[Math.floor(share * (sorted.length - 1) + 0.5)] / unitMs;
	const mean = ms.reduce((a, b) => a + b, 0) / ms.length / unitMs;
	for (const [word, value] of [['p50', at(0.5)], ['p99', at(0.99)], ['worst', at(1)],
		['mean', mean]])
		print(`${which}_${word}`, value.toPrecision(6));
}

// Ask every case `passes` times, giving the first pass's answers to `see`; the median of each.
async function timeEach(statement, cases, passes, see) {
	const times = cases.map(() => []);
	for (let pass = 0; pass < passes; pass++) {
		for (let i = 0; i < cases.length; i++) {
			const start = nowMs();
			const chunks = await ask(statement, cases[i]);
			times[i].push(nowMs() - start);
			if (pass === 0)
				see(chunks, i);
		}
	}
	return times.map(median);
}

// A whole warm pass would double a minute: some cases touch all of both tables just as well.
async function warm(statement, cases) {
	for (const c of cases)
		await ask(statement, c);
}

async function measureFirst(db, cases, passes) {
	const statement = await db.prepare(sqlFirst);
	const sum = tallyNew();
	await warm(statement, cases.slice(0, 50));
	const times = await timeEach(statement, cases, passes,
		(chunks) => tallyChunks(sum, chunks, false));
	printTally('q1', sum);
	printSpread('q1_us', times, 1e-3);
	return sum;
}

async function measureBatch(db, cases, passes, expected) {
	await nameCases(db, cases);
	const statement = await db.prepare(sqlBatch);
	const times = [];
	const sum = tallyNew();
	tallyChunks(sum, await ask(statement, []), false);
	if (JSON.stringify(sum) !== JSON.stringify(expected))
		throw new Error('the answer of a batch differs from asking one by one');
	for (let pass = 0; pass < passes; pass++) {
		const start = nowMs();
		await ask(statement, []);
		times.push(nowMs() - start);
	}
	print('batch_1_ms', median(times).toFixed(3));
}

async function measureSecond(db, cases, passes, nSecond) {
	const statement = await db.prepare(sqlSecond);
	const counts = SECOND_COUNTS.filter((n) => n <= nSecond);
	const sum = tallyNew();
	await warm(statement, cases.slice(0, 2));
	const times = await timeEach(statement, cases.slice(0, counts.at(-1)), passes,
		(chunks, i) => {
			tallyChunks(sum, chunks, true);
			if (counts.includes(i + 1))
				printTally(`q2_${i + 1}`, sum);
		});
	for (const n of counts)
		printSpread(`q2_${n}_ms`, times.slice(0, n), 1);
}

function options(words) {
	const found = { second: 20, passes: 1 };
	for (let i = 0; i < words.length; i += 2) {
		const name = words[i].replace(/^--/, '');
		const value = Number(words[i + 1]);
		if (!(name in found) || !Number.isInteger(value) || value < 1)
			throw new Error(
				'usage: duckdb.mjs DATABASE PREFIX [--second N] [--passes N]');
		found[name] = value;
	}
	return found;
}

const [path, prefix, ...words] = process.argv.slice(2);
const { second, passes } = options(words);
const cases = readCases(prefix);
const db = await (await DuckDBInstance.create(path)).connect();

print('version', version());
await load(db, prefix, path, statSync(`${prefix}.bin`).size / 16);
const expected = await measureFirst(db, cases, passes);
await measureBatch(db, cases, passes, expected);
await measureSecond(db, cases, passes, second);
print('peak_mib', (process.resourceUsage().maxRSS / 1024).toFixed(0));
