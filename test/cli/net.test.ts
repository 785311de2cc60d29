import { describe, expect, test } from 'vitest';
import { folderWith, regatta } from '../support/run-cli.js';

const two = {
  links: [{ id: 0, capacity: 100 }],
  flows: [
    { id: 0, start: 0, bytes: 100, links: [0], rateCap: null },
    { id: 1, start: 0, bytes: 300, links: [0], rateCap: null },
  ],
};
const net = (value: unknown) =>
  regatta(['net', 'flows.json', '--json'], folderWith({ 'flows.json': JSON.stringify(value, null, 1) }));

describe('net', () => {
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
