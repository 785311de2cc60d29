import * as z from 'zod';
import { scenarioFileSchema } from './scenario-schema.js';

/** JSON Schema (draft 2020-12) of the scenario file as a person writes it. */
export function scenarioJsonSchema(): Record<string, unknown> {
  return { title: 'Regatta scenario', ...z.toJSONSchema(scenarioFileSchema, { io: 'input' }) };
}
