export { type HfModel, readHfConfig } from './read-hf-config.js';
