import { ShellBranches } from './shell-branches.js';
import { both, either, negated, type Truth, truthOf } from './shell-conditions.js';
import { ShellLexer, type ShellWord, unquoted } from './shell-lexer.js';
import { type Piece, ShellVariables, textOf } from './shell-variables.js';
import { type Place, placeOf } from './types.js';

/** A command with its variables expanded. */
export interface ExpandedCommand extends Place {
  readonly words: readonly (readonly Piece[])[];
}

/** A file that the script itself writes from a here-document. */
export interface WrittenFile {
  readonly name: string;
  readonly text: string;
  readonly line: number;
}

/** Reads a script that another sources; undefined when there is none. */
export type ReadSourced = (path: string) => string | undefined;

export interface ReadScript {
  readonly commands: readonly ExpandedCommand[];
  readonly variables: ShellVariables;
  readonly written: readonly WrittenFile[];
}

/** Commands that run what they read as a script. */
const shells = new Set(['bash', 'sh', 'zsh', 'sbatch', 'salloc', 'srun', 'ssh', 'qsub', 'bsub', 'pdsh', 'eval']);
const declaring = new Set(['export', 'declare', 'local', 'readonly', 'typeset']);
/**
 * Follows a bash script's assignments in order and expands its commands. Nothing is run: conditions that the text decides
 * (`[ $A = b ]`) choose their branch, all others count as undecided and their assignments as doubtful.
 * @throws ShellSyntaxError for quotes and parentheses that are never closed.
 */
export function readShellScript(
  text: string,
  environment: ReadonlyMap<string, Piece>,
  read: ReadSourced = () => undefined,
): ReadScript {
  const variables = new ShellVariables();
  for (const [name, piece] of environment) variables.set(name, [[piece]], piece.line, false, false);
  const into: Followed = { variables, commands: [], written: [], read, depth: 0 };
  follow({ text, firstLine: 1 }, into);
  return into;
}

interface Followed extends ReadScript {
  readonly commands: ExpandedCommand[];
  readonly written: WrittenFile[];
  readonly read: ReadSourced;
  readonly depth: number;
}

interface FollowedText {
  readonly text: string;
  readonly firstLine: number;
  /** Where it is another than the one that is read. */
  readonly file?: string;
}

/** Scripts that source one another in a ring end here. */
const deepest = 8;

/**
 * Path that `source` names, from the folder of the script on: what stands before is a folder that only a shell knows, such as
 * `$(dirname "$0")`, and is left off.
 */
function sourcedPath(word: readonly Piece[]): string {
  const unknown = word.findLastIndex((piece) => piece.unset !== undefined);
  const path = textOf(word.slice(unknown + 1));
  return unknown < 0 ? path : path.replace(/^\/+/, '');
}

/** Carries out a script's text. */
function follow({ text, firstLine, file }: FollowedText, into: Followed): void {
  const { variables, commands, written } = into;
  const branches = new ShellBranches();
  let inCondition = false;
  let last: Truth = 'unknown';
  const patterns: string[] = [];
  for (const command of new ShellLexer(text, firstLine, file).commands()) {
    let words = command.words;
    let not = false;
    if (command.after === ';;') branches.endPattern();
    for (;;) {
      const first = words[0] ? unquoted(words[0]) : '';
      if (first === 'if' || first === 'elif') {
        if (first === 'if') branches.open('if');
        branches.condition();
        inCondition = true;
      } else if (first === 'then') {
        if (inCondition) branches.decide(last);
        inCondition = false;
      } else if (first === 'else') branches.otherwise();
      else if (first === 'for' || first === 'while' || first === 'until' || first === 'select') {
        branches.open('loop');
        if (words[1]) variables.unset(unquoted(words[1]));
        words = [];
        break;
      } else if (first === 'case') {
        const subject = words[1] ? variables.pieces(words[1]) : [];
        const known = !subject.some((piece) => piece.unset !== undefined);
        branches.openCase(known ? textOf(subject) : undefined);
        words = words.slice(2);
        continue;
      } else if (first === '{') branches.open('group');
      else if (first === 'fi' || first === 'done' || first === 'esac' || first === '}') branches.close();
      else if (first === 'function') words = words.slice(1);
      else if (first === '!') not = !not;
      else if (branches.inPatterns) {
        patterns.push(...words.map((word) => textOf(variables.pieces(word))).filter((word) => word !== 'in'));
        if (command.endedBy === ')') branches.patterns(patterns.splice(0));
        words = [];
        break;
      } else if (first !== 'do' && first !== 'time') break;
      words = words.slice(1);
    }
    if (words.length === 0) continue;
    const { after } = command;
    const chained = after === '&&' || after === '||';
    const wanted: Truth = chained && !inCondition ? (after === '&&' ? last : negated(last)) : true;
    const runs = both(branches.runs, wanted);
    if (!inCondition && runs === false) continue;
    const found = truthOf(words, variables);
    const test = not ? negated(found ?? 'unknown') : (found ?? 'unknown');
    last = !chained ? test : after === '&&' ? both(last, test) : either(last, test);
    if (found !== undefined) continue;
    const doubtful = runs === 'unknown';
    const rest = assign(words, variables, doubtful);
    if (rest.length === 0) {
      last = true;
      continue;
    }
    const expanded = rest.flatMap((word) => variables.expand(word));
    const name = textOf(expanded[0] ?? []);
    if (name === 'read' && command.documents.length > 0) {
      const into = textOf(expanded.at(-1) ?? []);
      const lines = command.documents.flatMap(({ text: body, line }) =>
        body.split('\n').map((one, i) => ({ text: `${variables.substitute(one)}\n`, line: line + i, column: 1 })),
      );
      variables.set(into, [lines], command.line, doubtful, false);
      continue;
    }
    if (name === 'unset') for (const word of expanded.slice(1)) variables.unset(textOf(word));
    if ((name === 'source' || name === '.') && expanded[1] && into.depth < deepest) {
      const path = sourcedPath(expanded[1]);
      const sourced = into.read(path);
      if (sourced !== undefined)
        follow({ text: sourced, firstLine: 1, file: path }, { ...into, depth: into.depth + 1 });
      continue;
    }
    commands.push({ words: expanded, ...placeOf(command) });
    const files = command.outputs.map((word) => textOf(variables.pieces(word)));
    for (const { text: body, line } of command.documents) {
      if (shells.has(name) || files.some((file) => /\.(sh|bash|slurm|sbatch)$/.test(file)))
        follow({ text: body, firstLine: line, ...(file === undefined ? {} : { file }) }, into);
      else for (const file of files) written.push({ name: file, text: variables.substitute(body), line });
    }
  }
}

/** Carries out the assignments at the head of a command; what is left is the command proper. */
function assign(words: readonly ShellWord[], variables: ShellVariables, doubtful: boolean): readonly ShellWord[] {
  let at = 0;
  const declares = words[0] !== undefined && declaring.has(unquoted(words[0]));
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
