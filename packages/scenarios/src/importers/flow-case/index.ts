export * from './flow-case.js';
export * from './flow-json.js';
