import type { FlowCase } from '@regatta/sim-core';
import { readCase } from './flow-fields.js';
import { largeJson } from './large-json.js';

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
