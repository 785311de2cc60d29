import type { FlowCase, FlowTimes } from '@regatta/sim-core';
import { duration, si, whole } from './format.js';
import { table } from './table.js';

/** A table of flows, the first `rows` of them, and a line about all. */
export function flowsText({ name, capacitiesBytesPerSecond, flows }: FlowCase, times: FlowTimes, rows: number): string {
  const shown = flows.slice(0, rows).map(({ startSeconds, bytes, links, rateCap }, i) => {
    const finish = times.finish[i] ?? Number.POSITIVE_INFINITY;
    const seconds = finish - startSeconds;
    return [
      String(i),
      String(startSeconds),
      `${si(bytes)}B`,
      String(links.length),
      rateCap === undefined ? '' : `${si(rateCap)}B/s`,
      String(Number(finish.toPrecision(9))),
      duration(seconds),
      seconds > 0 ? `${si(bytes / seconds)}B/s` : '',
    ];
  });
  const head = ['flow', 'start, s', 'size', 'links', 'cap', 'finish, s', 'takes', 'mean rate'];
  const more = flows.length - shown.length;
  const title = `${name === '' ? '' : `${name}: `}${whole(flows.length)} flows on ${whole(capacitiesBytesPerSecond.length)} links, done after ${duration(times.makespan)}, ${whole(times.events)} events`;
  return [title, '', table(head, shown).trimEnd(), ...(more > 0 ? [`${whole(more)} more: --rows all`] : []), ''].join(
    '\n',
  );
}
