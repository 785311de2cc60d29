// Loaded only for what cannot be read in pieces: it brings the parser of YAML with it.
export { parseFlowCase } from '@regatta/scenarios';
