const dim = (text: string): string => `\u001b[2m${text}\u001b[22m`;
const cyan = (text: string): string => `\u001b[36m${text}\u001b[39m`;

/** Colours for a terminal: bars stand out, rules of tables stand back. */
export function paint(text: string): string {
  return text.replace(/^[- ]*--[- ]*$/gm, dim).replace(/[█▏▎▍▌▋▊▉]+/g, cyan);
}
