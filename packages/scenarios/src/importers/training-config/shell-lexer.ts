import { type Place, placeOf } from './types.js';

/** A stretch of a word. Expansions are kept as their source; nothing of a script is ever run. */
export type ShellPart = Place &
  (
    | { readonly kind: 'text'; readonly text: string; readonly quoted: boolean }
    | { readonly kind: 'variable' | 'arithmetic' | 'command'; readonly source: string; readonly quoted: boolean }
  );

export interface ShellWord extends Place {
  readonly parts: readonly ShellPart[];
  /** Elements of `NAME=( … )`, whose name is in the parts. */
  readonly array?: readonly ShellWord[];
}

/** Text of a word without quotes and expansions; empty for any other word. */
export const unquoted = (word: ShellWord): string =>
  word.parts.length === 1 && word.parts[0]?.kind === 'text' && !word.parts[0].quoted ? word.parts[0].text : '';

/** The lines of a here-document, which begin at `line`. */
export interface HereDocument {
  readonly text: string;
  readonly line: number;
}

/** A simple command, with the operators that ended the one before it and itself (empty at the end of the text). */
export interface ShellCommand extends Place {
  readonly words: readonly ShellWord[];
  readonly after: string;
  readonly endedBy: string;
  /** What its here-documents hold. */
  readonly documents: readonly HereDocument[];
  /** Files that its output goes to. */
  readonly outputs: readonly ShellWord[];
}

/** A quotation or expansion that the text never closes. */
export class ShellSyntaxError extends Error {
  constructor(
    readonly place: Place,
    message: string,
  ) {
    super(message);
  }
}

const operators = ['&&', '||', ';;', '|&', '&', '|', ';', '(', ')', '\n'];

/** Splits the text of a bash script into simple commands: quotes, comments, continuations, here-documents, array assignments. */
export class ShellLexer {
  #at = 0;
  #line: number;
  #column = 1;
  /** Here-documents whose lines are still to come: their end mark, and the command that reads them. */
  #pending: { readonly mark: string; readonly into: HereDocument[] }[] = [];
  #documents: HereDocument[] = [];
  #outputs: ShellWord[] = [];

  /**
   * @param firstLine Line of the file at which the text begins.
   * @param file File of the text, where it is another than the one that is read.
   */
  constructor(
    readonly text: string,
    firstLine = 1,
    readonly file?: string,
  ) {
    this.#line = firstLine;
  }

  get #place(): Place {
    return { line: this.#line, column: this.#column, ...(this.file === undefined ? {} : { file: this.file }) };
  }

  #peek(length = 1): string {
    return this.text.slice(this.#at, this.#at + length);
  }

  #next(length = 1): string {
    const taken = this.#peek(length);
    for (const char of taken) {
      if (char === '\n') {
        this.#line++;
        this.#column = 1;
      } else this.#column++;
    }
    this.#at += length;
    return taken;
  }

  #blanks(): void {
    for (;;) {
      if (this.#peek(2) === '\\\n') this.#next(2);
      else if (this.#peek(3) === '\\\r\n') this.#next(3);
      else if (/[ \t\r]/.test(this.#peek())) this.#next();
      else if (this.#peek() === '#') while (this.#peek() !== '\n' && this.#peek() !== '') this.#next();
      else return;
    }
  }

  commands(): ShellCommand[] {
    const commands: ShellCommand[] = [];
    let words: ShellWord[] = [];
    let after = '\n';
    for (;;) {
      this.#blanks();
      const end = this.#peek() === '';
      const redirect = /^(\d*|&)(>>|>&|>\||>|<<<|<<-?|<&|<)/.exec(this.text.slice(this.#at, this.#at + 8))?.[0];
      if (redirect !== undefined && !end) {
        this.#redirection(redirect);
        continue;
      }
      const operator = operators.find((name) => this.#peek(name.length) === name);
      // Between `[[` and `]]` they are operators of the condition.
      const opened = words.findLastIndex((word) => unquoted(word) === '[[');
      const inTest = opened >= 0 && !words.slice(opened).some((word) => unquoted(word) === ']]');
      if (inTest && operator !== undefined && operator !== '\n') {
        words.push({ ...this.#place, parts: [{ kind: 'text', text: operator, quoted: false, ...this.#place }] });
        this.#next(operator.length);
        continue;
      }
      if (operator === undefined && !end) {
        words.push(this.#word());
        continue;
      }
      const rest = { after, endedBy: operator ?? '', documents: this.#documents, outputs: this.#outputs };
      if (words[0]) commands.push({ words, ...placeOf(words[0]), ...rest });
      else if (operator === ')' || operator === '(') commands.push({ words, ...this.#place, ...rest });
      if (end) return commands;
      const taken = this.#next((operator ?? '').length);
      // An empty line ends no command: what went before it still holds (`;;`, or `&&` at the end of a line).
      if (words.length > 0 || taken !== '\n') after = taken;
      words = [];
      this.#documents = [];
      this.#outputs = [];
      if (taken === '\n') this.#readHereDocuments();
    }
  }

  #redirection(operator: string): void {
    this.#next(operator.length);
    this.#blanks();
    if (/^[\s;|&]?$/.test(this.#peek())) return;
    const target = this.#word();
    if (/>/.test(operator) && !/&/.test(operator)) this.#outputs.push(target);
    if (/<<-?$/.test(operator)) {
      const mark = target.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
      this.#pending.push({ mark, into: this.#documents });
    }
  }

  #readHereDocuments(): void {
    for (const { mark, into } of this.#pending) {
      const first = this.#line;
      const lines: string[] = [];
      for (;;) {
        const end = this.text.indexOf('\n', this.#at);
        const line = this.text.slice(this.#at, end < 0 ? undefined : end);
        this.#next(line.length + (end < 0 ? 0 : 1));
        if (line.trim() === mark) break;
        lines.push(line);
        if (end < 0) break;
      }
      into.push({ text: lines.join('\n'), line: first });
    }
    this.#pending = [];
  }

  #word(): ShellWord {
    const start = this.#place;
    const parts: ShellPart[] = [];
    let text = '';
    let from = start;
    const flush = (quoted: boolean): void => {
      if (text !== '') parts.push({ kind: 'text', text, quoted, ...from });
      text = '';
      from = this.#place;
    };
    for (;;) {
      const char = this.#peek();
      if (this.#peek(2) === '\\\n') this.#next(2);
      else if (char === '' || /[\s;&|<>)]/.test(char)) break;
      else if (char === '(') {
        const name = parts.length === 0 ? /^([A-Za-z_]\w*\+?=)$/.exec(text)?.[1] : undefined;
        if (name === undefined) break;
        flush(false);
        return { ...start, parts, array: this.#arrayWords() };
      } else if (char === '\\') {
        this.#next();
        text += this.#next();
      } else if (char === "'") {
        flush(false);
        this.#singleQuoted(parts);
        from = this.#place;
      } else if (char === '"') {
        flush(false);
        this.#doubleQuoted(parts);
        from = this.#place;
      } else if (char === '$' || char === '`') {
        flush(false);
        if (this.#peek(2) === "$'") this.#next();
        else {
          const part = this.#expansion(false);
          if (part) parts.push(part);
          else text += this.#next();
        }
        from = text === '' ? this.#place : from;
      } else text += this.#next();
    }
    flush(false);
    if (parts.length === 0 && this.#peek() === '(') throw new ShellSyntaxError(this.#place, 'unexpected (');
    return { ...start, parts };
  }

  #arrayWords(): ShellWord[] {
    const opened = this.#place;
    this.#next();
    const words: ShellWord[] = [];
    for (;;) {
      this.#blanks();
      if (this.#peek() === '\n') this.#next();
      else if (this.#peek() === ')') {
        this.#next();
        return words;
      } else if (this.#peek() === '') throw new ShellSyntaxError(opened, 'the ( of this array is never closed');
      else if (/[;&|<>(]/.test(this.#peek())) this.#next();
      else words.push(this.#word());
    }
  }

  #singleQuoted(parts: ShellPart[]): void {
    const opened = this.#place;
    this.#next();
    const end = this.text.indexOf("'", this.#at);
    if (end < 0) throw new ShellSyntaxError(opened, "the ' is never closed");
    this.#literal(this.text.slice(this.#at, end), parts);
    this.#next();
  }

  /** Quoted text in parts of one blank or one run without blanks each, so that every argument in it keeps its place. */
  #literal(text: string, parts: ShellPart[]): void {
    const runs = text.match(/\s|\S+/g) ?? [''];
    for (const run of runs) {
      parts.push({ kind: 'text', text: run, quoted: true, ...this.#place });
      this.#next(run.length);
    }
  }

  #doubleQuoted(parts: ShellPart[]): void {
    const opened = this.#place;
    this.#next();
    let text = '';
    let from = this.#place;
    const flush = (): void => {
      if (text !== '') parts.push({ kind: 'text', text, quoted: true, ...from });
      text = '';
      from = this.#place;
    };
    if (this.#peek() === '"') parts.push({ kind: 'text', text: '', quoted: true, ...from });
    for (;;) {
      const char = this.#peek();
      if (char === '') throw new ShellSyntaxError(opened, 'the " is never closed');
      if (char === '"') break;
      if (this.#peek(2) === '\\\n') this.#next(2);
      else if (char === '\\' && /[$`"\\]/.test(this.text[this.#at + 1] ?? '')) {
        this.#next();
        text += this.#next();
      } else if (/\s/.test(char)) {
        flush();
        text = this.#next();
        flush();
      } else if (char === '$' || char === '`') {
        flush();
        const part = this.#expansion(true);
        if (part) parts.push(part);
        else text += this.#next();
        if (part) from = this.#place;
      } else text += this.#next();
    }
    flush();
    this.#next();
  }

  #expansion(quoted: boolean): ShellPart | undefined {
    const place = this.#place;
    if (this.#peek() === '`') {
      const end = this.text.indexOf('`', this.#at + 1);
      if (end < 0) throw new ShellSyntaxError(place, 'the ` is never closed');
      const source = this.text.slice(this.#at + 1, end);
      this.#next(end + 1 - this.#at);
      return { kind: 'command', source, quoted, ...place };
    }
    if (this.#peek(3) === '$((')
      return { kind: 'arithmetic', source: this.#balanced(3, '(', ')').replace(/\)$/, ''), quoted, ...place };
    if (this.#peek(2) === '$(') return { kind: 'command', source: this.#balanced(2, '(', ')'), quoted, ...place };
    if (this.#peek(2) === '${') return { kind: 'variable', source: this.#balanced(2, '{', '}'), quoted, ...place };
    const name = /^\$([A-Za-z_]\w*|[0-9@*#?$!-])/.exec(this.text.slice(this.#at, this.#at + 200))?.[1];
    if (name === undefined) return undefined;
    this.#next(1 + name.length);
    return { kind: 'variable', source: name, quoted, ...place };
  }

  /** What stands between an opening of some length and its closing partner. */
  #balanced(opening: number, open: string, close: string): string {
    const place = this.#place;
    let depth = [...this.#next(opening)].filter((char) => char === open).length;
    let source = '';
    while (depth > 0) {
      const char = this.#next();
      if (char === '') throw new ShellSyntaxError(place, `the ${open} of this expansion is never closed`);
      if (char === open) depth++;
      if (char === close) depth--;
      if (depth > 0) source += char;
    }
    return source;
  }
}
