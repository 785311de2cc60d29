export * from './flow-case.js';
export { readFlowJson } from './flow-json.js';
