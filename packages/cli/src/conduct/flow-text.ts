// Loaded only for what is no large JSON, and for mistakes: it brings the parser of YAML with it.
export { parseFlowCase } from '@regatta/scenarios';
