import type { FlowCase, FlowTimes } from '@regatta/sim-core';
import { duration, si, whole } from './format.js';
import { table } from './table.js';

/** 100 B, 1.5 GB */
const bytesText = (bytes: number): string => si(bytes).replace(/(\d)$/, '$1 ').concat('B');
const counted = (count: number, name: string): string => `${whole(count)} ${name}${count === 1 ? '' : 's'}`;

/** A table of flows, the first `rows` of them, and a line about all. */
export function flowsText({ name, capacitiesBytesPerSecond, flows }: FlowCase, times: FlowTimes, rows: number): string {
  const shown = Array.from({ length: Math.min(rows, flows.length) }, (_, i) => {
    const { startSeconds, bytes, links, rateCap } = flows.get(i);
    const finish = times.finish[i] ?? Number.POSITIVE_INFINITY;
    const seconds = finish - startSeconds;
    return [
      String(i),
      String(startSeconds),
      bytesText(bytes),
      String(links.length),
      rateCap === undefined ? '' : `${bytesText(rateCap)}/s`,
      String(Number(finish.toPrecision(9))),
      duration(seconds),
      seconds > 0 ? `${bytesText(bytes / seconds)}/s` : '',
    ];
  });
  const head = ['flow', 'start, s', 'size', 'links', 'cap', 'finish, s', 'takes', 'mean rate'];
  const more = flows.length - shown.length;
  const title = `${name === '' ? '' : `${name}: `}${counted(flows.length, 'flow')} on ${counted(capacitiesBytesPerSecond.length, 'link')}, done after ${duration(times.makespan)}, ${counted(times.events, 'event')}`;
  return [title, '', table(head, shown).trimEnd(), ...(more > 0 ? [`${whole(more)} more: --rows all`] : []), ''].join(
    '\n',
  );
}
