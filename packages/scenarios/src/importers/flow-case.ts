import type { Flow, FlowCase } from '@regatta/sim-core';
import { z } from 'zod';
import { InputError, type InputIssue } from '../schema/input-error.js';
import { parseLocated } from '../schema/located-text.js';
import { describeIssues } from '../schema/zod-issues.js';

const schema = z.strictObject({
  name: z.string().optional(),
  note: z.string().optional(),
  units: z.unknown().optional(),
  links: z.array(z.strictObject({ id: z.number().int(), capacity: z.number().positive() })),
  flows: z.array(
    z.strictObject({
      id: z.number().int(),
      start: z.number().nonnegative(),
      bytes: z.number().nonnegative(),
      links: z.array(z.number().int()),
      rateCap: z.number().positive().nullish(),
    }),
  ),
  expected: z.unknown().optional(),
  check: z.unknown().optional(),
});

/**
 * Reads flows on links in the form of reference/maxmin. Ids are positions; a path names each link at most once.
 * @throws InputError with every mistake, each at its line.
 */
export function parseFlowCase(text: string, file: string): FlowCase {
  const located = parseLocated(text, file);
  const issues: InputIssue[] = [];
  const parsed = schema.safeParse(located.value);
  if (!parsed.success) {
    for (const { at, ...issue } of describeIssues(parsed.error, located.value, schema)) {
      issues.push({ file, ...located.locate(at.map(String)), ...issue });
    }
    throw new InputError(issues);
  }
  const { links, flows } = parsed.data;
  const wrong = (path: (string | number)[], message: string, expected: string): void => {
    issues.push({ code: 'flow', file, ...located.locate(path), path: path.join('.'), message, expected, received: '' });
  };
  links.forEach((link, i) => {
    if (link.id !== i) wrong(['links', i, 'id'], `is ${link.id}`, `its position ${i}`);
  });
  const problems: Flow[] = flows.map((flow, i) => {
    if (flow.id !== i) wrong(['flows', i, 'id'], `is ${flow.id}`, `its position ${i}`);
    const seen = new Set<number>();
    flow.links.forEach((link, j) => {
      if (link < 0 || link >= links.length)
        wrong(['flows', i, 'links', j], `unknown link ${link}`, `0 to ${links.length - 1}`);
      if (seen.has(link))
        wrong(['flows', i, 'links', j], `link ${link} stands twice: the route loops`, 'each link once');
      seen.add(link);
    });
    if (flow.links.length === 0 && typeof flow.rateCap !== 'number' && flow.bytes > 0) {
      wrong(['flows', i, 'links'], 'is empty and there is no rateCap', 'a route, or a rateCap');
    }
    return {
      startSeconds: flow.start,
      bytes: flow.bytes,
      links: flow.links,
      ...(typeof flow.rateCap === 'number' ? { rateCap: flow.rateCap } : {}),
    };
  });
  if (issues.length > 0) throw new InputError(issues);
  return {
    name: parsed.data.name ?? file,
    capacitiesBytesPerSecond: links.map((link) => link.capacity),
    flows: problems,
  };
}
