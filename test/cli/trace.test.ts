import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stepTimeline } from '@regatta/sim-core';
import { describe, expect, test } from 'vitest';
import { stepTrace } from '../../packages/cli/src/render/step-trace.js';
import { testCluster, testJob } from '../support/plans.js';
import { folderWith, regatta } from '../support/run-cli.js';

interface TraceEvent {
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  readonly cat?: string;
  readonly id?: number;
  readonly ts: number;
  readonly dur: number;
  readonly args: Readonly<Record<string, string | number>>;
}
interface Trace {
  readonly otherData: { readonly stepSeconds: number; readonly notes: readonly string[] };
  readonly traceEvents: readonly TraceEvent[];
}

/** What a viewer asks of a trace: every track has a name, its slices do not overlap, what begins ends. */
function checkTracks({ traceEvents, otherData }: Trace): void {
  const named = new Set(
    traceEvents.flatMap(({ ph, pid, name }) => (ph === 'M' && name === 'process_name' ? [pid] : [])),
  );
  const until = new Map<string, number>();
  const open = new Map<number, number>();
  let broken = 0;
  for (const { ph, pid, tid, id = -1, ts, dur } of traceEvents) {
    if (!named.has(pid)) broken++;
    if (ph === 'X') {
      const track = `${pid}.${tid}`;
      if (ts < (until.get(track) ?? 0) - 1e-6 || ts + dur > otherData.stepSeconds * 1e6 + 1e-3) broken++;
      until.set(track, ts + dur);
    }
    if (ph === 'b') open.set(id, ts);
    if (ph === 'e') {
      if (ts < (open.get(id) ?? Number.POSITIVE_INFINITY)) broken++;
      open.delete(id);
    }
  }
  expect([broken, open.size]).toEqual([0, 0]);
}

describe('replay --trace', () => {
  const args = ['replay', 'gpt3-175b-a100', '--gpus', '128,256', '--global-batch', '32', '--json', '--trace', 't.json'];

  test('waits by cause add up to the shares of the report, every operation is there', () => {
    const folder = folderWith({});
    const { code, stdout, stderr } = regatta(args, folder);
    expect(code, stderr).toBe(0);
    const text = readFileSync(join(folder, 't.json'), 'utf8');
    const trace: Trace = JSON.parse(text);
    checkTracks(trace);
    const report = JSON.parse(stdout);
    const point = report.points.at(-1);
    const alike = new Map<number, number>();
    for (const { ph, pid, name, args: about } of trace.traceEvents) {
      const found =
        ph === 'M' && name === 'process_name' ? /rank \d+(?: and (\d+) alike)?/.exec(String(about.name)) : null;
      if (found) alike.set(pid, 1 + Number(found[1] ?? 0));
    }
    expect([...alike.values()].reduce((a, b) => a + b)).toBe(256);
    const seconds = new Map<string, number>();
    const operations = new Map<string, number>();
    for (const { cat, pid, dur, name, args: about } of trace.traceEvents) {
      if (cat === 'wait') {
        const cause = String(about.cause);
        seconds.set(cause, (seconds.get(cause) ?? 0) + (dur / 1e6) * (alike.get(pid) ?? 0));
      }
      if (cat === 'operation') operations.set(`${pid} ${name}`, (operations.get(`${pid} ${name}`) ?? 0) + 1);
    }
    for (const { cause, share } of point.loss) {
      if (!/^exposed|^pipelineBubble|^networkContention/.test(cause)) continue;
      expect((seconds.get(cause) ?? 0) / (256 * point.stepSeconds), cause).toBeCloseTo(share, 6);
    }
    for (const pid of alike.keys()) {
      expect(operations.get(`${pid} forward`)).toBe(point.microBatches);
      expect(operations.get(`${pid} backward`)).toBe(point.microBatches);
      expect(operations.get(`${pid} optimizer step`)).toBe(1);
    }
    expect(regatta([...args, '--force'], folder).stdout).toBe(stdout);
    expect(readFileSync(join(folder, 't.json'), 'utf8')).toBe(text);
    expect(regatta(args, folder).code).toBe(2);
  });

  test('over the budget detail is left out, and that is said', () => {
    const timeline = stepTimeline(testJob({ tensor: 4, pipeline: 4, data: 2 }), testCluster(4));
    const all: Trace = JSON.parse(stepTrace(timeline, { name: 'x' }).text);
    checkTracks(all);
    expect(all.otherData.notes).toEqual([]);
    const fewer = stepTrace(timeline, { name: 'x', budget: Math.round(0.7 * all.traceEvents.length) });
    const trace: Trace = JSON.parse(fewer.text);
    checkTracks(trace);
    expect(trace.traceEvents.length).toBeLessThan(0.8 * all.traceEvents.length);
    expect(fewer.notes[0]).toMatch(/^the trace shows waits inside operations for the first \d+ micro-batches/);
    const operations = ({ traceEvents }: Trace) => traceEvents.filter(({ cat }) => cat === 'operation').length;
    expect(operations(trace)).toBe(operations(all));
    const least: Trace = JSON.parse(stepTrace(timeline, { name: 'x', budget: 1 }).text);
    checkTracks(least);
    expect(least.otherData.notes[0]).toBe(`the trace shows 1 of ${timeline.classes.length} classes of ranks`);
  });
});
