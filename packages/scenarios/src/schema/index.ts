export * from './did-you-mean.js';
export * from './input-error.js';
export * from './quantities.js';
