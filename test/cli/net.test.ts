import { describe, expect, test } from 'vitest';
import { folderWith, regatta } from '../support/run-cli.js';
import { typedLine } from '../support/typed-line.js';

const two = {
  links: [{ id: 0, capacity: 100 }],
  flows: [
    { id: 0, start: 0, bytes: 100, links: [0], rateCap: null },
    { id: 1, start: 0, bytes: 300, links: [0], rateCap: null },
  ],
};
const net = (value: unknown) =>
  regatta(['net', 'flows.json', '--json'], folderWith({ 'flows.json': JSON.stringify(value, null, 1) }));

const fails = (text: string, ...patterns: RegExp[]): void => {
  const { code, stdout, stderr } = regatta(['net', 'flows.json', '--json'], folderWith({ 'flows.json': text }));
  expect(code, stderr).toBe(2);
  expect(stdout).toBe('');
  const lines = stderr.trim().split('\n');
  expect(lines).toHaveLength(patterns.length);
  for (const [i, pattern] of patterns.entries()) expect(lines[i]).toMatch(pattern);
};

describe('net', () => {
  test('all mistakes of a file in one pass', () => {
    fails(
      `{ "links": [{ "id": 1, "capacity": -3 }], "units": { "capacity": "bits/s" },
 "flows": [{ "id": 0, "start": -1, "links": [0], "ratecap": 5 },
  { "id": 1, "start": 0, "bytes": NaN, "links": 3, "rateCap": 0 }, 7] }`,
      /^error: flows\.json:1:15 links\.0\.id: is 1, expected its position 0/,
      /^error: flows\.json:1:24 links\.0\.capacity: is -3, expected a number above 0/,
      /^error: flows\.json:1:54 units\.capacity: is "bits\/s", expected bytes\/s/,
      /^error: flows\.json:2:12 flows\.0\.bytes: is missing/,
      /^error: flows\.json:2:23 flows\.0\.start: is -1, expected a number of at least 0/,
      /^error: flows\.json:2:50 flows\.0\.ratecap: unknown key \(did you mean rateCap\?\)/,
      /^error: flows\.json:3:26 flows\.1\.bytes: is "NaN"/,
      /^error: flows\.json:3:40 flows\.1\.links: is 3, expected a list/,
      /^error: flows\.json:3:52 flows\.1\.rateCap: is 0, expected a number above 0 in bytes\/s, or null/,
      /^error: flows\.json:3:68 flows\.2: is 7, expected a map/,
    );
  });

  test('an empty file, a cut one, a list and a key that stands twice are one line each', () => {
    fails('', /^error: flows\.json: is empty/);
    fails(JSON.stringify(two).slice(0, 90), /^error: flows\.json:1:\d+: /);
    fails('[]', /^error: flows\.json:1:1: is a list, expected a map with links and flows/);
    fails('{ "links": [], "links": [], "flows": [] }', /^error: flows\.json:1:16: the same key stands twice/);
  });

  test('the table shows as many flows as wanted', () => {
    const folder = folderWith({ 'flows.json': JSON.stringify(two) });
    const all = regatta(['net', 'flows.json'], folder);
    expect(all.stdout).toContain('2 flows on 1 link, done after 4.000 s, 4 events');
    expect(all.stdout).toMatch(/^1 +0 +300 B +1 +4 +4\.000 s +75 B\/s$/m);
    expect(regatta(['net', 'flows.json', '--rows', '1'], folder).stdout).toContain('1 more: --rows all');
    const wrong = regatta(['net', 'flows.json', '--rows', 'many'], folder);
    expect([wrong.code, wrong.stderr]).toEqual([2, 'error: --rows: is many, expected a whole number, or all\n']);
  });

  test('--timings says on stderr how long reading and simulating took; stdout stays the same', () => {
    const folder = folderWith({ 'flows.json': JSON.stringify(two) });
    const timed = regatta(['net', 'flows.json', '--json', '--timings'], folder);
    expect(timed.stderr).toMatch(/^timings: read \d+\.\d{4} s, simulated \d+\.\d{4} s, peak memory \d+\.\d MiB$/m);
    expect(timed.stdout).toBe(regatta(['net', 'flows.json', '--json'], folder).stdout);
  });

  test('a large file that is cut, or holds a mistake, is one line at its place', () => {
    const flows = Array.from({ length: 3000 }, () => ({ start: 0, bytes: 1, links: [0] }));
    const large = JSON.stringify({ links: two.links, flows });
    fails(large.slice(0, 50_000), /^error: flows\.json:1:\d+: /);
    fails(
      large.replace(/"bytes":1,"links":\[0\]\}\]\}$/, '"bytes":-1,"links":[4]}]}'),
      /flows\.2999\.bytes: is -1/,
      /flows\.2999\.links\.0: unknown link 4/,
    );
  });

  test('a large file says the same from a pipe, where it is read whole', () => {
    const flows = Array.from({ length: 3000 }, (_, i) => ({ start: i % 7, bytes: 100 + i, links: [i % 2] }));
    const folder = folderWith({ 'flows.json': JSON.stringify({ links: [{ capacity: 100 }, { capacity: 9 }], flows }) });
    const [direct, piped] = ['regatta net flows.json --json', 'cat flows.json | regatta net /dev/stdin --json'].map(
      (line) => typedLine(line, folder),
    );
    expect(direct?.stderr).toBe('');
    expect(JSON.parse(direct?.stdout ?? '').finish).toHaveLength(3000);
    expect(piped).toEqual(direct);
  });

  test('two flows on one link', () => {
    const { code, stdout } = net(two);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ finish: [2, 4], makespan: 4, events: 4 });
  });

  test('wrong input: every mistake on its line', () => {
    const result = net({
      links: [{ id: 0, capacity: 0 }],
      flows: [{ id: 0, start: 0, bytes: -1, links: [0], rateCap: null }],
    });
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/flows\.json:\d+:\d+ links\.0\.capacity: is 0, expected a number above 0/);
    expect(result.stderr).toMatch(/flows\.0\.bytes: is -1/);
    const routes = net({ ...two, flows: [{ id: 0, start: 0, bytes: 1, links: [0, 0, 7], rateCap: null }] });
    expect(routes.stderr).toMatch(/flows\.0\.links\.1: link 0 stands twice: the route loops/);
    expect(routes.stderr).toMatch(/flows\.0\.links\.2: unknown link 7, expected 0 to 0/);
  });
});
