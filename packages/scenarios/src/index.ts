export * from './catalogue/index.js';
export * from './importers/index.js';
export * from './schema/index.js';
export * from './studies/index.js';
