import { parseFlowCase, readFlowJson } from '@regatta/scenarios';
import type { FlowCase } from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const positive = fc.double({ min: 1e-3, max: 1e12, noNaN: true });
const notNegative = fc.oneof(fc.constant(0), fc.nat(1e9), fc.double({ min: 0, max: 1e9, noNaN: true }));
const maybeId = <T extends object>(items: readonly T[], withIds: boolean): object[] =>
  items.map((item, id) => (withIds ? { id, ...item } : item));

/** A case whose text is large. */
const cases = fc
  .record({
    capacities: fc.array(positive, { minLength: 1, maxLength: 9 }),
    ids: fc.boolean(),
    flows: fc.array(
      fc.record({
        start: notNegative,
        bytes: notNegative,
        links: fc.array(fc.nat(99), { maxLength: 4 }),
        cap: positive,
      }),
      { minLength: 1, maxLength: 8 },
    ),
    caps: fc.constantFrom('all', 'null', 'none'),
    head: fc.constantFrom<object>({}, { name: 'a case' }, { name: 'café 東京', note: 'x'.repeat(70) }),
    tail: fc.constantFrom<object>({}, { expected: { finish: [1, 2], more: [{ flow: 1 }] }, check: 'none' }),
  })
  .map(({ capacities, ids, flows, caps, head, tail }) => {
    // The same flows again and again make it long.
    const many = Array.from({ length: Math.ceil(400 / flows.length) }, () => flows).flat();
    return {
      ...head,
      links: maybeId(
        capacities.map((capacity) => ({ capacity })),
        ids,
      ),
      flows: maybeId(
        many.map(({ start, bytes, links, cap }) => {
          const route = [...new Set(links.map((link) => link % capacities.length))];
          const rateCap =
            caps === 'all' || route.length === 0 ? { rateCap: cap } : caps === 'null' ? { rateCap: null } : {};
          return { start, bytes, links: route, note: undefined, ...rateCap };
        }),
        ids,
      ),
      ...tail,
    };
  });
const texts = fc
  .tuple(cases, fc.constantFrom(undefined, 1, '\t'), fc.constantFrom('', ' \n'))
  .map(([value, indent, end]) => JSON.stringify(value, null, indent) + end);

const said = ({ flows, ...rest }: FlowCase): unknown => ({ ...rest, flows: [...flows] });
/** What the whole text says; undefined when it has mistakes. */
function whole(text: string): unknown {
  try {
    return said(parseFlowCase(text, 'flows.json'));
  } catch {
    return undefined;
  }
}
const alone = (text: string): unknown => {
  const flowCase = readFlowJson(text);
  return flowCase && said(flowCase);
};

describe('large JSON of flows', () => {
  test('says the same as to the parser that knows the lines', () => {
    fc.assert(
      fc.property(texts, (text) => {
        fc.pre(text.length >= 20_000);
        const read = alone(text);
        expect(read).toBeDefined();
        expect(read).toEqual(whole(text));
      }),
      { numRuns: 60 },
    );
  });

  test('that was tampered with is left to that parser, or says the same', () => {
    const snippet = fc.constantFrom(
      ...['}', ']', '[', '{', ',', '"', '},', '}]', ' ', '1', '-', '.5', 'e9', '\\', ':', '#', 'null', '"id":7,'],
      ...[
        '"links":[{"capacity":3}],',
        '"flows":[],',
        '"links":',
        '"\\u0066lows":[],',
        '{"start":0,"start":1},',
        '"x":1,',
      ],
    );
    let read = 0;
    fc.assert(
      fc.property(texts, fc.nat(), fc.nat(12), snippet, (text, place, removed, put) => {
        // Near the ends of the text as often as anywhere.
        const at = place % 3 === 0 ? place % 200 : place % 3 === 1 ? text.length - (place % 200) : place % text.length;
        const other = text.slice(0, at) + put + text.slice(at + removed);
        const alike = alone(other);
        if (alike === undefined) return;
        read++;
        expect(alike).toEqual(whole(other));
      }),
      { numRuns: 400 },
    );
    expect(read).toBeGreaterThan(0);
  });

  test.each([
    ['short', '{"links":[{"capacity":1}],"flows":[{"start":0,"bytes":1,"links":[0]}]}'],
    ['a list deeper down', (one: string) => `{"expected":{"links":[{"capacity":1}],"flows":[${one}]}}`],
    [
      'an unknown link',
      (one: string) => `{"links":[{"capacity":1}],"flows":[${one},{"start":0,"bytes":1,"links":[1]}]}`,
    ],
    ['an unknown key', (one: string) => `{"links":[{"capacity":1}],"flows":[${one}],"flow":1}`],
    ['other units', (one: string) => `{"units":{"start":"ms"},"links":[{"capacity":1}],"flows":[${one}]}`],
    ['YAML', (one: string) => `links: [{"capacity":1}]\nflows: [${one}]\n`],
    ['a list of lists', (one: string) => `[{"links":[{"capacity":1}],"flows":[${one}]}]`],
    ['a cut text', (one: string) => `{"links":[{"capacity":1}],"flows":[${one}`],
    ['a comma too many', (one: string) => `{"links":[{"capacity":1}],"flows":[${one},]}`],
  ])('%s is left to that parser', (_, make) => {
    const flow = '{"start":0,"bytes":1,"links":[0]}';
    const text = typeof make === 'string' ? make : make(Array.from({ length: 1000 }, () => flow).join(','));
    expect(readFlowJson(text)).toBeUndefined();
  });
});
