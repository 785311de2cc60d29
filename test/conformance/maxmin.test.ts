import { FlowColumns, simulateFlows } from '@regatta/sim-core';
import { describe, expect, test } from 'vitest';
import { noteWhenEmpty, readReference, referenceFiles } from '../support/reference.js';

interface MaxMinCase {
  name: string;
  links: { id: number; capacity: number }[];
  flows: { id: number; start: number; bytes: number; links: number[]; rateCap: number | null }[];
  expected: { finish: number[]; makespan: number };
}

const known = {
  case: ['name', 'note', 'units', 'links', 'flows', 'expected', 'check'],
  link: ['id', 'capacity'],
  flow: ['id', 'start', 'bytes', 'links', 'rateCap'],
  expected: ['finish', 'makespan'],
};
const isCase = (content: unknown): content is MaxMinCase =>
  typeof content === 'object' && content !== null && 'links' in content && 'flows' in content && 'expected' in content;

describe('maxmin: finish of every flow within 1e-6 of its duration (reference/maxmin)', () => {
  noteWhenEmpty(referenceFiles('maxmin').length, 'maxmin', test);
  for (const file of referenceFiles('maxmin')) {
    test(file, () => {
      const item = readReference('maxmin', file);
      if (!isCase(item)) throw new Error(`${file} is not a max-min case`);
      for (const key of Object.keys(item)) expect(known.case).toContain(key);
      for (const link of item.links) for (const key of Object.keys(link)) expect(known.link).toContain(key);
      for (const flow of item.flows) for (const key of Object.keys(flow)) expect(known.flow).toContain(key);
      for (const key of Object.keys(item.expected)) expect(known.expected).toContain(key);
      const times = simulateFlows({
        name: item.name,
        capacitiesBytesPerSecond: item.links.map((link) => link.capacity),
        flows: FlowColumns.of(
          item.flows.map((flow) => ({
            startSeconds: flow.start,
            bytes: flow.bytes,
            links: flow.links,
            ...(flow.rateCap === null ? {} : { rateCap: flow.rateCap }),
          })),
        ),
      });
      item.expected.finish.forEach((expected, i) => {
        const tolerance = 1e-6 * Math.max(expected - (item.flows[i]?.start ?? 0), 1e-9);
        expect(Math.abs((times.finish[i] ?? Number.NaN) - expected), `flow ${i}`).toBeLessThanOrEqual(tolerance);
      });
      expect(times.makespan).toBeCloseTo(item.expected.makespan, 6);
    });
  }
});
