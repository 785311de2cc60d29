import { placeOfStage, type Schedule, stageOfChunk, stagesOf } from './schedule.js';

interface Point {
  readonly does: 'receive' | 'run' | 'send';
  readonly message: string;
}

/** Receives, operations and sends of each rank in order. */
function exchanges({ order, layout, chunks }: Schedule): Point[][] {
  const pipeline = order.length;
  const stages = stagesOf(layout, pipeline, chunks);
  return order.map((row, rank) => {
    const points: Point[] = [];
    for (const { kind, chunk, microBatch } of row) {
      const run: Point = { does: 'run', message: '' };
      if (kind === 'W') {
        points.push(run);
        continue;
      }
      const stage = stageOfChunk(layout, pipeline, rank, chunk);
      const step = kind === 'F' ? 1 : -1;
      const elsewhere = (other: number): boolean =>
        other >= 0 && other < stages && placeOfStage(layout, pipeline, other, chunk).rank !== rank;
      if (elsewhere(stage - step)) points.push({ does: 'receive', message: `${kind}${stage}.${microBatch}` });
      points.push(run);
      if (elsewhere(stage + step)) points.push({ does: 'send', message: `${kind}${stage + step}.${microBatch}` });
    }
    return points;
  });
}

/**
 * Whether a schedule comes to its end where a message is sent only when its receiver waits for it; a send and the receive right after
 * it are one exchange.
 * @returns The first rank that waits for ever and the message that it waits at, or undefined.
 */
export function rendezvousDeadlock(
  schedule: Schedule,
): { readonly rank: number; readonly message: string } | undefined {
  const rows = exchanges(schedule);
  const at = rows.map(() => 0);
  const posted = new Set<string>();
  const sent = new Set<string>();
  for (let moved = true; moved; ) {
    moved = false;
    rows.forEach((row, rank) => {
      for (;;) {
        const here = at[rank] ?? 0;
        const point = row[here];
        if (!point) return;
        const next = row[here + 1];
        const before = posted.size;
        if (point.does === 'receive') posted.add(point.message);
        else if (point.does === 'send' && next?.does === 'receive') posted.add(next.message);
        if (posted.size > before) moved = true;
        if (point.does === 'receive' && !sent.has(point.message)) return;
        if (point.does === 'send' && !posted.has(point.message)) return;
        if (point.does === 'send') sent.add(point.message);
        at[rank] = here + 1;
        moved = true;
      }
    });
  }
  const rank = rows.findIndex((row, i) => (at[i] ?? 0) < row.length);
  const stuck = rows[rank]?.[at[rank] ?? 0];
  return stuck ? { rank, message: stuck.message } : undefined;
}
