import { readFlowJson } from '@regatta/scenarios';
import type { FlowCase } from '@regatta/sim-core';
import type { Io } from './io.js';

/** Reads a file of flows on links. @throws InputError with all that is wrong with it. */
export async function readFlowFile(path: string, io: Io): Promise<FlowCase> {
  const text = io.readText(path);
  const flowCase = readFlowJson(text);
  if (flowCase) return flowCase;
  const { parseFlowCase } = await import('./flow-text.js');
  return parseFlowCase(text, path);
}
