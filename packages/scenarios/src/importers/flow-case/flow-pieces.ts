import { type FlowCase, FlowColumns } from '@regatta/sim-core';
import { isTree } from '../../schema/paths.js';
import { type Report, readFlow, readHead, readLink } from './flow-fields.js';
import { largeText } from './large-text.js';

/** A list at its beginning: of links first, of flows then. */
const beginnings = [/"links"\s*:\s*\[/, /"flows"\s*:\s*\[/] as const;
/** Text that holds no item's end and yet is longer is read whole. */
const longest = 2 ** 20;
/** Where a list of maps ends that hold no list of maps themselves. */
const ending = /\}\s*\]/;

/**
 * Reads a large case without ever holding its text or its parsed form whole: `pieces` of a JSON text, in their order, that
 * lists its links before its flows.
 *
 * Each piece of a list is parsed as a list of its own, and what remains of the text with both lists empty: are all of these
 * JSON, so is the whole, and it says the same. Fields are checked as `parseFlowCase` checks them.
 * @returns undefined for any other text and for one with a mistake: `parseFlowCase` reads it, or says what is wrong.
 */
export function readFlowPieces(pieces: Iterable<string>): FlowCase | undefined {
  let mistakes = 0;
  const report: Report = () => {
    mistakes++;
  };
  const capacities: number[] = [];
  const flows = new FlowColumns();
  const take = (list: 0 | 1, items: readonly unknown[]): void => {
    if (list === 0) for (const item of items) capacities.push(readLink(item, capacities.length, report));
    else {
      for (const item of items) flows.add(readFlow(item, flows.length, capacities.length, report));
    }
  };
  const frame = readLists(pieces, take, () => mistakes > 0);
  if (frame === undefined || mistakes > 0) return undefined;
  // A key that stands twice, or is written with escapes, could hold another list.
  if (frame.includes('\\') || occurrences(frame, '"links"') !== 1 || occurrences(frame, '"flows"') !== 1)
    return undefined;
  const value = parsed(frame);
  if (!isTree(value) || !Array.isArray(value.links) || !Array.isArray(value.flows)) return undefined;
  const name = readHead(value, report);
  return mistakes > 0 ? undefined : { name, capacitiesBytesPerSecond: capacities, flows };
}

/** Hands on the items of both lists; returns the text without them. */
function readLists(
  pieces: Iterable<string>,
  take: (list: 0 | 1, items: readonly unknown[]) => void,
  stop: () => boolean,
): string | undefined {
  let frame = '';
  let rest = '';
  let length = 0;
  let list: 0 | 1 = 0;
  let inside = false;
  let done = false;
  for (const piece of pieces) {
    if (length === 0 && !/^\s*\{/.test(piece)) return undefined;
    length += piece.length;
    rest += piece;
    if (!done && rest.length > longest) return undefined;
    while (!done) {
      if (!inside) {
        const begins = beginnings[list].exec(rest);
        if (!begins) break;
        const cut = begins.index + begins[0].length;
        frame += rest.slice(0, cut);
        rest = rest.slice(cut);
        inside = true;
      }
      const ends = ending.exec(rest);
      const cut = ends ? ends.index + 1 : rest.lastIndexOf('},') + 1;
      if (cut === 0) break;
      const items = parsed(`[${rest.slice(0, cut)}]`);
      if (!Array.isArray(items) || items.length === 0) return undefined;
      take(list, items);
      if (stop()) return undefined;
      if (!ends) {
        // The comma goes too.
        rest = rest.slice(cut + 1);
        break;
      }
      rest = rest.slice(cut);
      inside = false;
      done = list === 1;
      list = 1;
    }
  }
  return done && length >= largeText ? frame + rest : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const occurrences = (text: string, part: string): number => text.split(part).length - 1;
