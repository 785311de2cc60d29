export * from './fluid/index.js';
