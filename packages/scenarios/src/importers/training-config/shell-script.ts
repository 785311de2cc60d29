import { ShellLexer, type ShellWord } from './shell-lexer.js';
import { type Piece, ShellVariables, textOf } from './shell-variables.js';
import type { Place } from './types.js';

/** A command with its variables expanded. */
export interface ExpandedCommand extends Place {
  readonly words: readonly (readonly Piece[])[];
}

export interface ReadScript {
  readonly commands: readonly ExpandedCommand[];
  readonly variables: ShellVariables;
}

type Truth = boolean | 'unknown';

/** One `if`: whether this branch runs, and whether an earlier one did. */
interface Branch {
  readonly kind: 'if' | 'loop' | 'case' | 'group';
  runs: Truth;
  earlier: Truth;
}

const declaring = new Set(['export', 'declare', 'local', 'readonly', 'typeset']);
const compare: Readonly<Record<string, (a: string, b: string) => boolean>> = {
  '=': (a, b) => a === b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '-eq': (a, b) => Number(a) === Number(b),
  '-ne': (a, b) => Number(a) !== Number(b),
  '-gt': (a, b) => Number(a) > Number(b),
  '-ge': (a, b) => Number(a) >= Number(b),
  '-lt': (a, b) => Number(a) < Number(b),
  '-le': (a, b) => Number(a) <= Number(b),
};

const literal = (word: ShellWord): string =>
  word.parts.length === 1 && word.parts[0]?.kind === 'text' && !word.parts[0].quoted ? word.parts[0].text : '';

/**
 * Follows a bash script's assignments in order and expands its commands. Nothing is run: conditions that the text decides
 * (`[ $A = b ]`) choose their branch, all others count as undecided and their assignments as doubtful.
 * @throws ShellSyntaxError for quotes and parentheses that are never closed.
 */
export function readShellScript(text: string, environment: ReadonlyMap<string, Piece>): ReadScript {
  const variables = new ShellVariables();
  for (const [name, piece] of environment) variables.set(name, [[piece]], piece.line, false, false);
  const commands: ExpandedCommand[] = [];
  const branches: Branch[] = [];
  let condition: Branch | undefined;
  let last: Truth = 'unknown';
  const running = (): Truth => {
    if (branches.some((branch) => branch.runs === false)) return false;
    return branches.some((branch) => branch.runs === 'unknown') ? 'unknown' : true;
  };
  for (const command of new ShellLexer(text).commands()) {
    let words = command.words;
    for (;;) {
      const first = words[0] ? literal(words[0]) : '';
      if (first === 'if' || first === 'elif') {
        if (first === 'if') branches.push({ kind: 'if', runs: true, earlier: false });
        condition = branches.at(-1);
        if (condition) condition.runs = true;
      } else if (first === 'then') {
        if (condition) {
          condition.runs =
            condition.earlier === true ? false : condition.earlier === 'unknown' && last === true ? 'unknown' : last;
          condition.earlier =
            condition.earlier === true || last === true ? true : last === 'unknown' ? 'unknown' : condition.earlier;
        }
        condition = undefined;
      } else if (first === 'else') {
        const branch = branches.at(-1);
        if (branch) branch.runs = branch.earlier === true ? false : branch.earlier === false ? true : 'unknown';
      } else if (first === 'for' || first === 'while' || first === 'until' || first === 'select') {
        branches.push({ kind: 'loop', runs: 'unknown', earlier: false });
        if (words[1]) variables.unset(literal(words[1]));
        words = [];
        break;
      } else if (first === 'case') {
        branches.push({ kind: 'case', runs: 'unknown', earlier: false });
        words = [];
        break;
      } else if (first === '{') branches.push({ kind: 'group', runs: true, earlier: false });
      else if (first === 'fi' || first === 'done' || first === 'esac' || first === '}') branches.pop();
      else if (first !== 'do' && first !== 'function' && first !== 'time' && first !== '!') break;
      words = words.slice(1);
    }
    if (words.length === 0) continue;
    const chained = command.after === '&&' || command.after === '||';
    const wanted: Truth =
      chained && condition === undefined ? (last === 'unknown' ? 'unknown' : last === (command.after === '&&')) : true;
    const runs =
      running() === false || wanted === false ? false : running() === true && wanted === true ? true : 'unknown';
    if (condition === undefined && runs === false) continue;
    const test = truthOf(words, variables);
    last = condition && chained ? (test === last ? test : 'unknown') : test;
    if (test !== 'unknown') continue;
    const doubtful = runs === 'unknown';
    const rest = assign(words, variables, doubtful);
    if (rest.length > 0)
      commands.push({
        words: rest.flatMap((word) => variables.expand(word)),
        line: command.line,
        column: command.column,
      });
    else last = true;
  }
  return { commands, variables };
}

/** Truth of `[ … ]`, `[[ … ]]` and `test …` where the text decides it. */
function truthOf(words: readonly ShellWord[], variables: ShellVariables): Truth {
  const name = words[0] ? literal(words[0]) : '';
  if (name !== '[' && name !== '[[' && name !== 'test') return 'unknown';
  const inner = name === 'test' ? words.slice(1) : words.slice(1, -1);
  const values = inner.map((word) => variables.pieces(word));
  const texts = values.map(textOf);
  const [a = '', b = '', c = ''] = texts;
  if (texts.length === 2 && (a === '-z' || a === '-n')) {
    if (values[1]?.some((piece) => piece.unset?.startsWith('$(') === true)) return 'unknown';
    const empty = b === '' || values[1]?.every((piece) => piece.unset !== undefined) === true;
    return (a === '-z') === empty;
  }
  if (values.flat().some((piece) => piece.unset !== undefined)) return 'unknown';
  return texts.length === 3 ? (compare[b]?.(a, c) ?? 'unknown') : 'unknown';
}

/** Carries out the assignments at the head of a command; what is left is the command proper. */
function assign(words: readonly ShellWord[], variables: ShellVariables, doubtful: boolean): readonly ShellWord[] {
  let at = 0;
  const declares = words[0] !== undefined && declaring.has(literal(words[0]));
  if (declares) at++;
  for (; at < words.length; at++) {
    const word = words[at];
    const first = word?.parts[0];
    const [head, name, plus] =
      (first?.kind === 'text' && !first.quoted && /^([A-Za-z_]\w*)(\+?)=/.exec(first.text)) || [];
    if (!word || first?.kind !== 'text' || head === undefined || name === undefined) {
      if (declares) continue;
      break;
    }
    if (word.array) {
      const elements = word.array.flatMap((element) => variables.expand(element));
      variables.set(name, elements, word.line, doubtful, plus === '+');
      continue;
    }
    const rest = { ...first, text: first.text.slice(head.length), column: first.column + head.length };
    const pieces = variables.pieces({ ...word, parts: [rest, ...word.parts.slice(1)] });
    if (plus === '+') variables.extend(name, pieces, word.line, doubtful);
    else variables.set(name, [pieces], word.line, doubtful, false);
  }
  return words.slice(at);
}
