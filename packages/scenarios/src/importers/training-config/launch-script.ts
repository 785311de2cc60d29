import { InputError, type InputIssue } from '../../schema/input-error.js';
import type { ConfigEntry } from './config-keys.js';

interface Word {
  readonly text: string;
  readonly line: number;
}

/**
 * Arguments that a bash launch script gives to a training program: `--flag value`, `--flag=value` and bare flags, on command
 * lines and in arrays and strings that are assigned on the way. Variables are expanded from earlier assignments of the file,
 * with `${V:-default}` and `$((a*b))`; nothing is run (spec/input-formats.md 2).
 * @throws InputError for a variable in the value of an argument that counts and that the file does not assign.
 */
export function launchArguments(
  text: string,
  file: string,
  counts: (flag: string) => boolean,
): Map<string, ConfigEntry> {
  const variables = new Map<string, readonly Word[]>();
  const words: Word[] = [];
  for (const { content, line } of logicalLines(text)) {
    const sbatch = /^#SBATCH\s+(.*)$/.exec(content);
    if (sbatch) {
      words.push(
        ...split(sbatch[1] ?? '', line).map((word) => ({ ...word, text: word.text.replace(/^--/, '--sbatch-') })),
      );
      continue;
    }
    for (const command of statements(content)) readStatement(command, line, variables, words);
  }
  return argumentsOf(words, file, counts);
}

/** Lines with continuations and multi-line arrays joined, comments gone; `line` is the first one's number. */
function logicalLines(text: string): { readonly content: string; readonly line: number }[] {
  const lines: { content: string; line: number }[] = [];
  let open: { content: string; line: number; depth: number } | undefined;
  text.split(/\r?\n/).forEach((raw, index) => {
    const bare = raw.startsWith('#SBATCH') ? raw : withoutComment(raw);
    const continued = /\\\s*$/.test(bare);
    const content = bare.replace(/\\\s*$/, ' ');
    const current = open ?? { content: '', line: index + 1, depth: 0 };
    // Inside an array each line keeps its number: words are marked with it.
    current.content += `${open ? `\u0001${index + 1}\u0001` : ''}${content}\n`;
    current.depth = arrayDepth(current.content);
    if (continued || current.depth > 0) open = current;
    else {
      lines.push({ content: current.content, line: current.line });
      open = undefined;
    }
  });
  if (open) lines.push({ content: open.content, line: open.line });
  return lines;
}

function withoutComment(line: string): string {
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const char = line[i] ?? '';
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '#' && (i === 0 || /\s/.test(line[i - 1] ?? ''))) return line.slice(0, i);
  }
  return line;
}

/** 1 while an array or a quoted string that an assignment began is not closed yet. */
function arrayDepth(content: string): number {
  const array = /(^|\s)[A-Za-z_]\w*\+?=\(/.exec(content);
  if (array) return openParentheses(content.slice(array.index)) > 0 ? 1 : 0;
  const quoted = /(^|\s)[A-Za-z_]\w*="/.exec(content);
  if (quoted) return (content.slice(quoted.index).match(/(?<!\\)"/g)?.length ?? 0) % 2;
  return 0;
}

/** Parentheses outside quotes that are not closed yet. */
function openParentheses(text: string): number {
  let depth = 0;
  let quote = '';
  for (const char of text) {
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '(') depth++;
    else if (char === ')') depth--;
  }
  return depth;
}

/** Commands of a line: separated by `;`, `&&`, `||`, `|` outside quotes and parentheses. */
function statements(content: string): string[] {
  const parts: string[] = [];
  let part = '';
  let quote = '';
  let depth = 0;
  for (const char of content) {
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '(' || char === '{') depth++;
    else if (char === ')' || char === '}') depth--;
    else if (depth <= 0 && /[;&|]/.test(char)) {
      parts.push(part);
      part = '';
      continue;
    }
    part += char;
  }
  return [...parts, part].filter((p) => p.trim() !== '');
}

function readStatement(statement: string, line: number, variables: Map<string, readonly Word[]>, words: Word[]): void {
  const assignment = /^\s*(?:export\s+|local\s+|declare\s+(?:-\w+\s+)?)?([A-Za-z_]\w*)(\+?)=([\s\S]*)$/.exec(statement);
  if (!assignment) {
    words.push(...expanded(split(statement, line), variables));
    return;
  }
  const [, name = '', plus, raw = ''] = assignment;
  const array = /^\(([\s\S]*)\)\s*$/.exec(raw.trim());
  const value = array ? split(array[1] ?? '', line) : assignedWords(raw.trim(), line);
  const before = plus === '+' ? (variables.get(name) ?? []) : [];
  variables.set(name, [...before, ...expanded(value, variables)]);
}

/** A quoted string counts as the words in it, since it is used unquoted. */
function assignedWords(raw: string, line: number): Word[] {
  const quoted = /^(["'])([\s\S]*)\1\s*$/.exec(raw);
  if (quoted) return split(quoted[2] ?? '', line);
  const [first] = split(raw, line);
  return first ? [first] : [];
}

/** Words of a text; quotes are taken off, line marks give the words behind them their line. */
function split(text: string, firstLine: number): Word[] {
  const words: Word[] = [];
  let line = firstLine;
  let word = '';
  let any = false;
  let quote = '';
  let depth = 0;
  const push = (): void => {
    if (any) words.push({ text: word, line });
    word = '';
    any = false;
  };
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    if (char === '\u0001') {
      push();
      const end = text.indexOf('\u0001', i + 1);
      line = Number(text.slice(i + 1, end));
      i = end;
    } else if (quote !== '') {
      if (char === quote) quote = '';
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      any = true;
    } else {
      if (char === '{' || char === '(') depth++;
      if (char === '}' || char === ')') depth--;
      if (/\s/.test(char) && depth <= 0) push();
      else {
        word += char;
        any = true;
      }
    }
  }
  push();
  return words;
}

const reference = /\$\(\(([^()]*)\)\)|\$\{([A-Za-z_]\w*)(?:\[[@*]\])?(?::?[-=]([^}]*))?\}|\$([A-Za-z_]\w*)/g;

/** Words with variables put in; a word that is only a variable becomes the words of its value. */
function expanded(words: readonly Word[], variables: ReadonlyMap<string, readonly Word[]>): Word[] {
  return words.flatMap((word) => {
    const whole = /^\$\{?([A-Za-z_]\w*)(?:\[[@*]\])?\}?$/.exec(word.text);
    const value = whole && variables.get(whole[1] ?? '');
    if (value) return value;
    return [{ ...word, text: substituted(word.text, variables) }];
  });
}

function substituted(text: string, variables: ReadonlyMap<string, readonly Word[]>): string {
  return text.replace(reference, (all, sum?: string, braced?: string, fallback?: string, plain?: string) => {
    if (sum !== undefined) return arithmetic(sum, variables) ?? all;
    const known = variables.get(braced ?? plain ?? '');
    if (known) return known.map((word) => word.text).join(' ');
    return fallback === undefined ? all : substituted(fallback, variables);
  });
}

/** Whole-number arithmetic of `$((…))`: + - * / and names. Undefined when it holds anything else. */
function arithmetic(sum: string, variables: ReadonlyMap<string, readonly Word[]>): string | undefined {
  const named = sum.replace(/\$?\{?([A-Za-z_]\w*)\}?/g, (all, name: string) => variables.get(name)?.[0]?.text ?? all);
  const tokens = named.match(/\d+|[-+*/]/g) ?? [];
  if (tokens.join('') !== named.replace(/\s/g, '') || tokens.length === 0) return undefined;
  const products: number[] = [];
  let sign = 1;
  let operator = '';
  for (const token of tokens) {
    if (token === '*' || token === '/') operator = token;
    else if (token === '+' || token === '-') sign = token === '-' ? -1 : 1;
    else if (operator === '') products.push(sign * Number(token));
    else {
      const last = products.pop() ?? 0;
      products.push(operator === '*' ? last * Number(token) : Math.trunc(last / Number(token)));
      operator = '';
    }
  }
  return String(products.reduce((total, product) => total + product, 0));
}

function argumentsOf(
  words: readonly Word[],
  file: string,
  counts: (flag: string) => boolean,
): Map<string, ConfigEntry> {
  const found = new Map<string, ConfigEntry>();
  const issues: InputIssue[] = [];
  words.forEach((word, i) => {
    const flag = /^(--[A-Za-z][\w-]*)(?:=([\s\S]*))?$/.exec(word.text) ?? /^(-[Nn])(\d*)$/.exec(word.text);
    if (!flag) return;
    const name = flag[1] ?? '';
    const values: string[] = flag[2] ? [flag[2]] : [];
    if (values.length === 0) {
      for (let next = i + 1; next < words.length && !/^--?[A-Za-z]/.test(words[next]?.text ?? '--x'); next++) {
        values.push(words[next]?.text ?? '');
      }
    }
    const text = isList(name) ? values.join(' ') : values[0];
    if (text?.includes('$') && counts(name)) {
      issues.push({
        code: 'config',
        file,
        line: word.line,
        path: name,
        message: `is ${text}, a variable that the file does not assign`,
        expected: 'a value, or an assignment earlier in the file',
        received: text,
      });
    }
    found.set(name, { value: text ?? true, line: word.line });
  });
  if (issues.length > 0) throw new InputError(issues);
  return found;
}

/** Arguments that take several words. */
const isList = (name: string): boolean => ['--rampup-batch-size', '--recompute-modules'].includes(name);
