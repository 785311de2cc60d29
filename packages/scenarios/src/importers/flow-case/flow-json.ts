import type { FlowCase } from '@regatta/sim-core';
import { readCase } from './flow-fields.js';

/** From this size on, well-formed JSON is read without looking for keys that stand twice, which takes seconds. */
const largeText = 20_000;

/**
 * Reads a large case of well-formed JSON without the parser that knows the lines.
 * @returns undefined for any other text and for one with a mistake: `parseFlowCase` reads it, or says what is wrong.
 */
export function readFlowJson(text: string): FlowCase | undefined {
  const value = largeJson(text);
  if (value === undefined) return undefined;
  let mistakes = 0;
  const flowCase = readCase(value, () => {
    mistakes++;
  });
  return mistakes > 0 ? undefined : flowCase;
}

export function largeJson(text: string): unknown {
  if (text.length < largeText) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
